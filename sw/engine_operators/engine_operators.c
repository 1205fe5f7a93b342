/* SPDX-License-Identifier: Apache-2.0
 * Everything that the attention engine does beside attention, from an image with operands and
 * expected results: GEMM with block-sparse weights, softmax, layer normalisation, GELU, copy and
 * top-k selection, one descriptor each. */
#include "firmware/drivers/engine_operators.h"

#include "firmware/runtime/arguments.h"
#include "sw/common/verdict.h"
#include "sw/engine_operators/image.h"

enum { kRingLog2 = 1 };

static struct EngineDescriptor ring[1 << kRingLog2] __attribute__((aligned(64)));
static struct EngineCompletion queue[1 << kRingLog2] __attribute__((aligned(64)));
static struct Engine engine;

/* Address of what is at `offset`; 0 stays 0. */
static uint32_t at(uint32_t offset) {
  return offset == 0 ? 0 : WORKLOAD_ADDRESS + offset;
}

static struct EngineDescriptor describe_gemm(const struct OperatorCase* job) {
  const struct EngineGemm gemm = {
      .rows = (uint16_t)job->rows,
      .depth = (uint16_t)job->columns,
      .outputs = (uint16_t)job->outputs,
      .a = {at(job->in), job->in_stride},
      .w = {at(job->weight), job->weight_stride},
      .out = {at(job->out), job->out_stride},
      .bias = at(job->bias),
      .map = at(job->map),
      .masks = at(job->masks),
      .requant = job->requant,
  };
  return engine_gemm(&gemm);
}

static struct EngineDescriptor describe_selection(const struct OperatorCase* job) {
  const struct EngineSelection selection = {
      .queries = (uint16_t)job->rows,
      .keys = (uint16_t)job->outputs,
      .head_dim = (uint16_t)job->columns,
      .keep = (uint16_t)job->numbers,
      .bits = (uint16_t)(job->numbers >> 16),
      .q = at(job->in),
      .k = at(job->weight),
      .stride = job->in_stride,
      .output = at(job->out),
  };
  return engine_selection(&selection);
}

static struct EngineDescriptor describe(const struct OperatorCase* job) {
  const struct EngineRows rows = {
      .rows = (uint16_t)job->rows,
      .columns = (uint16_t)job->columns,
      .in = {at(job->in), job->in_stride},
      .out = {at(job->out), job->out_stride},
  };
  switch (job->type) {
    case ATTENTION_ENGINE_TYPE_GEMM:
      return describe_gemm(job);
    case ATTENTION_ENGINE_TYPE_SOFTMAX:
      return engine_softmax(&rows);
    case ATTENTION_ENGINE_TYPE_LAYER_NORM:
      return engine_layer_norm(&rows, at(job->weight), at(job->bias), job->requant);
    case ATTENTION_ENGINE_TYPE_GELU:
      return engine_gelu(&rows, (int16_t)job->numbers, (int16_t)(job->numbers >> 16), job->requant);
    case ATTENTION_ENGINE_TYPE_COPY:
      return engine_copy(&rows);
    default:
      return describe_selection(job);
  }
}

/* Words in which the result differs; the gaps between rows must be as they were too. */
static uint32_t differing_words(const struct OperatorCase* job) {
  const uint32_t* result = (const uint32_t*)at(job->out);
  const uint32_t* golden = (const uint32_t*)at(job->golden);
  uint32_t differing = 0;
  for (uint32_t i = 0; i < job->rows * job->out_stride / sizeof(uint32_t); ++i) {
    differing += result[i] != golden[i];
  }
  return differing;
}

static void run(const struct OperatorCase* job, struct OperatorReport* report) {
  struct EngineDescriptor descriptor = describe(job);
  struct EngineCompletion completion;
  report->error = engine_run(&engine, &descriptor, &completion);
  report->cycles = completion.cycles;
  report->differing = differing_words(job);
  report->is_done = 1;
  count_errors(report->error != kEngineOk || report->differing != 0);
}

int main(uint32_t hart) {
  const struct OperatorImage* image = (const struct OperatorImage*)WORKLOAD_ADDRESS;
  if (hart != 0) {
    return kExitPassed;
  }
  if (engine_init(&engine, ring, queue, kRingLog2) != 0) {
    printf("skipped: no attention engine on this machine\n");
    return kExitPassed;
  }
  if (image->magic != OPERATORS_MAGIC || image->version != OPERATORS_VERSION) {
    printf("engine_operators: no image of version %lu at 0x%08lx\n", (uint32_t)OPERATORS_VERSION,
           (uint32_t)image);
    return kOperatorsWrongImage;
  }
  const struct OperatorCase* cases = (const struct OperatorCase*)at(image->cases_offset);
  struct OperatorReport* reports = (struct OperatorReport*)at(image->reports_offset);
  for (uint32_t i = 0; i < image->num_cases; ++i) {
    run(&cases[i], &reports[i]);
  }
  return verdict("engine_operators");
}
