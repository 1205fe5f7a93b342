/* SPDX-License-Identifier: Apache-2.0
 * Runs a schedule (schedule.h) on the machine: one hart or more for each engine. */
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/encoder/engines.h"
#include "sw/encoder/setup.h"
#include "sw/encoder/validate.h"

enum { kRegionRun = 1 }; /* region of interest in the statistics of the run */

struct Encoder encoder;
static volatile enum EncoderExit status;

/* Until all engines are here; `number` counts the meetings from 1. */
static void meet(uint32_t number) {
  uint32_t expected = number * encoder.header->num_engines;
  volatile uint32_t* arrivals = encoder.meetings;
  fence();
  amo_add(arrivals, 1);
  while (*arrivals < expected) {
    pause_polling();
  }
}

static void run_iteration(const struct Duty* duty, uint32_t iteration) {
  switch (duty->role) {
    case kRoleDma:
      serve_dma(iteration);
      break;
    case kRoleLeader:
      lead_team(duty->engine);
      break;
    default:
      issue_jobs(duty->engine);
      break;
  }
}

/* The DMA's hart keeps the time. */
static void note_start(uint32_t iteration) {
  encoder.report.first_cycle = cycle_count();
  if (iteration == 0) {
    encoder.report.total_cycles = encoder.report.first_cycle;
    region_begin(kRegionRun);
  }
}

static void note_end(uint32_t iteration) {
  encoder.report.last_cycle = cycle_count();
  if (iteration + 1 == encoder.header->iterations) {
    region_end(kRegionRun);
    encoder.report.total_cycles = encoder.report.last_cycle - encoder.report.total_cycles;
  }
}

static void run_engine(const struct Duty* duty) {
  int keeps_time = duty->role == kRoleDma;
  uint32_t iterations = encoder.header->iterations;
  for (uint32_t iteration = 0; iteration < iterations; ++iteration) {
    encoder.states[duty->engine].completed = 0;
    if (keeps_time) {
      load_rings();
    }
    if (duty->role == kRoleIssuer) {
      start_ita(duty->engine); /* each iteration finds the contexts as the first one does */
    }
    meet(2 * iteration + 1);
    if (keeps_time) {
      note_start(iteration);
    }
    run_iteration(duty, iteration);
    meet(2 * iteration + 2);
    if (keeps_time) {
      note_end(iteration);
    }
  }
  if (duty->role == kRoleLeader) {
    dismiss_team(duty->engine);
  }
}

static void do_duty(uint32_t hart) {
  const struct Duty* duty = &encoder.duties[hart];
  switch (duty->role) {
    case kRoleNone:
      break;
    case kRoleWorker:
      work_in_team(duty->engine, duty->rank);
      break;
    case kRoleCollector:
      collect_jobs(duty->engine, encoder.header->iterations);
      break;
    default:
      run_engine(duty);
      break;
  }
}

static void write_report(void) {
  struct ScheduleReport* report =
      (struct ScheduleReport*)((uint32_t)encoder.header + encoder.header->report_offset);
  encoder.report.is_complete = 1;
  *report = encoder.report;
  printf("encoder: %lu iterations, %lu cycles\n", encoder.header->iterations,
         encoder.report.total_cycles);
}

int main(uint32_t hart) {
  if (hart == 0) {
    const struct ScheduleHeader* header = (const struct ScheduleHeader*)WORKLOAD_ADDRESS;
    enum EncoderExit result = validate(header);
    status = result == kEncoderDone ? prepare(header) : result;
  }
  barrier();
  if (status != kEncoderDone) {
    return (int)status;
  }
  do_duty(hart);
  log_barrier();
  if (hart == 0) {
    write_report();
  }
  return kEncoderDone;
}
