/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/ita_jobs.h"
#include "firmware/runtime/platform.h"
#include "sw/encoder/engines.h"

void start_ita(uint32_t engine) {
  uint32_t registers = ita_jobs_base(encoder.states[engine].index);
  ita_jobs_soft_clear(registers);
  ita_jobs_set_wake_hart(registers, encoder.engines[engine].collector_hart);
}

/* The same byte in all four constants of a register. */
static uint32_t four_times(uint32_t value) {
  return (value & 0xFF) * 0x01010101u;
}

/* `half`: 0 for the first four constants, 4 for the others. */
static void write_requant(uint32_t registers, uint32_t half, uint32_t requant) {
  write_register(registers + ITA_JOB_EPS_MULT0 + half, four_times(requant));
  write_register(registers + ITA_JOB_RIGHT_SHIFT0 + half, four_times(requant >> 8));
  write_register(registers + ITA_JOB_ADD0 + half, four_times(requant >> 16));
}

static void write_layer(uint32_t registers, const struct JobArguments* job) {
  write_register(registers + ITA_JOB_TILES, job->tiles);
  write_register(registers + ITA_JOB_CTRL_ENGINE, job->engine);
  write_requant(registers, 0, job->requant_low);
  write_requant(registers, 4, job->requant_high);
  write_register(registers + ITA_JOB_GELU_B_C, job->gelu);
  write_register(registers + ITA_JOB_ACTIVATION_REQUANT, job->activation);
}

/* A job uses only the pointers that its flags ask for. */
static void write_pointers(uint32_t registers, uint32_t banks, const struct JobArguments* job) {
  write_register(registers + ITA_JOB_INPUT_PTR, banks + job->input);
  write_register(registers + ITA_JOB_WEIGHT_PTR0, banks + job->weight);
  if (job->stream & ITA_JOB_WEIGHT_NEXTLOAD) {
    write_register(registers + ITA_JOB_WEIGHT_PTR1, banks + job->next_weight);
  }
  if (!(job->stream & ITA_JOB_BIAS_DISABLE)) {
    write_register(registers + ITA_JOB_BIAS_PTR, banks + job->bias);
  }
  if (!(job->stream & ITA_JOB_OUTPUT_DISABLE)) {
    write_register(registers + ITA_JOB_OUTPUT_PTR, banks + job->output);
  }
  write_register(registers + ITA_JOB_CTRL_STREAM, job->stream);
}

/* Contexts are used in turn, so there is a free one, and the next in turn, while fewer jobs than
 * contexts are under way: no need to ask ACQUIRE. */
void issue_jobs(uint32_t engine) {
  struct Queue queue = queue_open(engine);
  const struct EngineState* own = queue.own;
  uint32_t registers = ita_jobs_base(own->index);
  uint32_t banks = platform.ita_l1_base + own->index * platform.ita_l1_bytes;
  while (queue_has_next(&queue)) {
    while (!queue_is_loaded(&queue)) {
      pause_polling();
    }
    queue_fetch(&queue);
    const struct JobArguments* job = (const struct JobArguments*)queue.command.words;
    while (queue.next - own->completed > ITA_JOB_NUM_CONTEXTS) {
      pause_polling();
    }
    /* Its operands may be on their way still: nothing reads them before the job is committed. */
    if (queue.command.flags & kFlagLayer) {
      write_layer(registers, job);
    }
    write_pointers(registers, banks, job);
    while (!queue_may_begin(&queue)) {
      pause_polling();
    }
    ita_jobs_commit(registers, (queue.command.flags & kFlagHold) == 0);
    queue.log[queue.next - 1].start = cycle_count();
  }
  while (own->completed != own->num_commands) {
    pause_polling();
  }
}

void collect_jobs(uint32_t engine, uint32_t iterations) {
  struct EngineState* own = &encoder.states[engine];
  for (uint32_t iteration = 0; iteration < iterations; ++iteration) {
    for (uint32_t job = 0; job < own->num_commands; ++job) {
      wait_for_wake_up(); /* one pulse per job */
      own->completed = job + 1;
      own->log[job].end = cycle_count();
    }
  }
}
