/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/engine_operators.h"

enum { kStrideUnit = 16 };

static uint16_t in_units(uint32_t stride) {
  return (uint16_t)(stride / kStrideUnit);
}

static struct EngineDescriptor describe_rows(uint8_t type, const struct EngineRows* rows) {
  return (struct EngineDescriptor){
      .type = type,
      .queries = rows->rows,
      .head_dim = rows->columns,
      .q = rows->in.address,
      .output = rows->out.address,
      .row_stride = in_units(rows->in.stride),
      .head_stride = in_units(rows->out.stride),
  };
}

struct EngineDescriptor engine_copy(const struct EngineRows* rows) {
  return describe_rows(ATTENTION_ENGINE_TYPE_COPY, rows);
}

struct EngineDescriptor engine_softmax(const struct EngineRows* rows) {
  return describe_rows(ATTENTION_ENGINE_TYPE_SOFTMAX, rows);
}

struct EngineDescriptor engine_layer_norm(const struct EngineRows* rows, uint32_t weight,
                                          uint32_t bias, uint32_t requant) {
  struct EngineDescriptor job = describe_rows(ATTENTION_ENGINE_TYPE_LAYER_NORM, rows);
  job.k = weight;
  job.v = bias;
  job.qk_requant = requant;
  return job;
}

struct EngineDescriptor engine_gelu(const struct EngineRows* rows, int16_t b, int16_t c,
                                    uint32_t requant) {
  struct EngineDescriptor job = describe_rows(ATTENTION_ENGINE_TYPE_GELU, rows);
  job.window = (uint16_t)b;
  job.global_tokens = (uint16_t)c;
  job.qk_requant = requant;
  return job;
}

struct EngineDescriptor engine_gemm(const struct EngineGemm* gemm) {
  return (struct EngineDescriptor){
      .type = ATTENTION_ENGINE_TYPE_GEMM,
      .queries = gemm->rows,
      .keys = gemm->outputs,
      .head_dim = gemm->depth,
      .pattern = gemm->map != 0 ? ATTENTION_ENGINE_PATTERN_MAP : 0,
      .block = in_units(gemm->w.stride),
      .q = gemm->a.address,
      .k = gemm->w.address,
      .v = gemm->bias,
      .output = gemm->out.address,
      .map = gemm->map,
      .masks = gemm->masks,
      .qk_requant = gemm->requant,
      .row_stride = in_units(gemm->a.stride),
      .head_stride = in_units(gemm->out.stride),
  };
}

struct EngineDescriptor engine_selection(const struct EngineSelection* selection) {
  return (struct EngineDescriptor){
      .type = ATTENTION_ENGINE_TYPE_SELECTION,
      .queries = selection->queries,
      .keys = selection->keys,
      .head_dim = selection->head_dim,
      .window = selection->keep,
      .global_tokens = selection->bits,
      .q = selection->q,
      .k = selection->k,
      .output = selection->output,
      .row_stride = in_units(selection->stride),
  };
}
