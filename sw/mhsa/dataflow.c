/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/dataflow.h"

/* Q, K: rows of an input times a weight. `order` is the weight's place in the head. */
static void describe_projection(const struct Pipeline* pipeline, uint32_t order, uint32_t input,
                                uint32_t output, struct PhaseTiles* tiles) {
  const struct Shape* shape = &pipeline->plan->shape;
  tiles->input = input;
  tiles->input_x = shape->e;
  tiles->weight = pipeline->head + order * shape->e * shape->p * kTileBytes;
  tiles->weight_y = shape->e;
  tiles->output = output;
  tiles->output_x = shape->p;
  tiles->output_y = 1;
  tiles->bias = order * shape->p;
  tiles->bias_y = 1;
}

/* V is computed transposed: rows of the weight times rows of the input. */
static void describe_v(const struct Pipeline* pipeline, struct PhaseTiles* tiles) {
  describe_projection(pipeline, 2, 0, pipeline->unit->v, tiles);
  tiles->input = tiles->weight;
  tiles->weight = pipeline->plan->k_home;
  tiles->output_x = pipeline->plan->shape.s;
  tiles->bias_x = 1;
  tiles->bias_y = 0;
}

/* Logits stay in their slots. */
static void describe_qk(const struct Pipeline* pipeline, struct PhaseTiles* tiles) {
  tiles->input = pipeline->unit->qo;
  tiles->input_x = pipeline->plan->shape.p;
  tiles->weight = pipeline->unit->k;
  tiles->weight_y = pipeline->plan->shape.p;
  tiles->weights_written = pipeline->first_v_step;
  tiles->inputs_written = pipeline->first_v_step;
}

static void describe_av(const struct Pipeline* pipeline, struct PhaseTiles* tiles) {
  tiles->weight = pipeline->unit->v;
  tiles->weight_y = pipeline->plan->shape.s;
  tiles->output = pipeline->unit->qo;
  tiles->output_x = pipeline->plan->shape.p;
  tiles->output_y = 1;
  tiles->weights_written = pipeline->first_qk_step;
}

/* The output goes to the sums of the heads. */
static void describe_ow(const struct Pipeline* pipeline, struct PhaseTiles* tiles) {
  const struct Shape* shape = &pipeline->plan->shape;
  describe_projection(pipeline, 3, pipeline->unit->qo, 0, tiles);
  tiles->input_x = shape->p;
  tiles->weight_y = shape->p;
  tiles->output_x = 0;
  tiles->output_y = 0;
  tiles->inputs_written_x = 2 * shape->s * shape->p; /* steps of a block row */
  tiles->inputs_written = pipeline->first_qk_step + tiles->inputs_written_x;
}

struct PhaseTiles describe_phase(const struct Pipeline* pipeline) {
  const struct Plan* plan = pipeline->plan;
  uint32_t phase = pipeline->next.phase;
  struct PhaseTiles tiles = {
      .counts = step_counts(phase, &plan->shape),
      .slots = slot_layout(phase, &plan->shape, pipeline->unit->num_slots, plan->ring_slots),
      .has_bias = phase != kPhaseQK && phase != kPhaseAV,
      .weights_written = pipeline->retired,
      .inputs_written = pipeline->retired,
  };
  switch (phase) {
    case kPhaseQ:
      describe_projection(pipeline, 0, plan->q_home, pipeline->unit->qo, &tiles);
      break;
    case kPhaseK:
      describe_projection(pipeline, 1, plan->k_home, pipeline->unit->k, &tiles);
      break;
    case kPhaseV:
      describe_v(pipeline, &tiles);
      break;
    case kPhaseQK:
      describe_qk(pipeline, &tiles);
      break;
    case kPhaseAV:
      describe_av(pipeline, &tiles);
      break;
    default:
      describe_ow(pipeline, &tiles);
      break;
  }
  tiles.input_x *= kTileBytes;
  tiles.weight_y *= kTileBytes;
  tiles.output_x *= kTileBytes;
  tiles.output_y *= kTileBytes;
  tiles.bias = sizeof(struct MhsaConstants) + tiles.bias * kTileBiasBytes;
  tiles.bias_x *= kTileBiasBytes;
  tiles.bias_y *= kTileBiasBytes;
  return tiles;
}
