/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/encoder/validate.h"

#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/encoder/engines.h"

static const void* at(const struct ScheduleHeader* header, uint32_t offset) {
  return (const char*)header + offset;
}

static const struct ScheduleEngine* engines_of(const struct ScheduleHeader* header) {
  return at(header, header->engines_offset);
}

static const struct Command* commands_of(const struct ScheduleHeader* header, uint32_t engine) {
  return at(header, engines_of(header)[engine].commands_offset);
}

static enum EncoderExit check_format(const struct ScheduleHeader* header) {
  if (header->magic != SCHEDULE_MAGIC) {
    printf("encoder: wrong magic 0x%08lx at 0x%08lx, expected 0x%08lx\n", header->magic,
           (uint32_t)header, (uint32_t)SCHEDULE_MAGIC);
    return kEncoderWrongMagic;
  }
  if (header->version != SCHEDULE_VERSION) {
    printf("encoder: wrong version %lu, expected %lu\n", header->version,
           (uint32_t)SCHEDULE_VERSION);
    return kEncoderWrongVersion;
  }
  return kEncoderDone;
}

/* `count` records of `size` bytes at `offset` lie behind the header and inside the image. */
static int fits(const struct ScheduleHeader* header, uint32_t offset, uint32_t count,
                uint32_t size) {
  return offset % 4 == 0 && offset >= sizeof(*header) && offset <= header->bytes &&
         count <= (header->bytes - offset) / size;
}

static enum EncoderExit check_sizes(const struct ScheduleHeader* header) {
  uint32_t l2_end = platform.l2_base + platform.l2_bytes;
  int is_inside =
      header->bytes <= l2_end - (uint32_t)header && header->l2_end <= l2_end &&
      header->num_engines >= 1 && header->num_engines <= kMaxEngines &&
      fits(header, header->report_offset, 1, sizeof(struct ScheduleReport)) &&
      fits(header, header->engines_offset, header->num_engines, sizeof(struct ScheduleEngine));
  for (uint32_t e = 0; is_inside && e < header->num_engines; ++e) {
    const struct ScheduleEngine* engine = &engines_of(header)[e];
    is_inside =
        engine->num_commands <= kMaxWaitCount &&
        fits(header, engine->commands_offset, engine->num_commands, sizeof(struct Command)) &&
        fits(header, engine->log_offset, engine->num_commands, sizeof(struct LogEntry));
  }
  if (!is_inside) {
    printf("encoder: wrong size, parts of the schedule lie outside its %lu bytes or L2's %lu\n",
           header->bytes, platform.l2_bytes);
    return kEncoderWrongSize;
  }
  return kEncoderDone;
}

static enum EncoderExit check_machine(const struct ScheduleHeader* header) {
  int has_jobs = platform.ita_interface == PLATFORM_BLOCK_ITA_JOB;
  struct ScheduleMachine here = {
      .num_harts = platform.num_harts,
      .harts_per_tile = platform.harts_per_tile,
      .core_tiles_per_group = platform.core_tiles_per_group,
      .num_groups = platform.num_groups,
      .banks_per_tile = platform.banks_per_tile,
      .core_l1_bytes = platform.core_l1_bytes,
      .seq_bytes_per_hart = platform.seq_bytes_per_hart,
      .num_itas = has_jobs ? platform.num_itas : 0,
      .ita_flavour = has_jobs ? platform.ita_flavour : 0,
  };
  if (memcmp(&here, &header->machine, sizeof(here)) != 0) {
    printf(
        "encoder: the schedule is for a machine of %lu harts, %lu groups and %lu ITAs, or other "
        "sizes of L1; this one has %lu, %lu and %lu\n",
        header->machine.num_harts, header->machine.num_groups, header->machine.num_itas,
        here.num_harts, here.num_groups, here.num_itas);
    return kEncoderOtherMachine;
  }
  return kEncoderDone;
}

static int ring_is_valid(const struct ScheduleHeader* header, const struct ScheduleEngine* engine) {
  uint32_t count = engine->ring_commands;
  return count >= 2 && (count & (count - 1)) == 0 && engine->ring_address % 4 == 0 &&
         engine->ring_address >= header->l1_begin &&
         engine->ring_address <= platform.core_l1_bytes &&
         count <= (platform.core_l1_bytes - engine->ring_address) / sizeof(struct Command);
}

static int engine_is_valid(const struct ScheduleHeader* header, uint32_t number) {
  const struct ScheduleEngine* engine = &engines_of(header)[number];
  if (engine->hart >= platform.num_harts || !ring_is_valid(header, engine) ||
      (engine->kind == kEngineDma) != (number == 0)) {
    return 0;
  }
  switch (engine->kind) {
    case kEngineDma:
      return 1;
    case kEngineTeam:
      return engine->index < platform.num_groups && engine->leader_works <= 1 &&
             engine->num_tiles >= 1 && engine->num_tiles <= platform.core_tiles_per_group &&
             engine->first_tile <= platform.core_tiles_per_group - engine->num_tiles;
    case kEngineIta:
      return engine->index < header->machine.num_itas &&
             engine->collector_hart < platform.num_harts;
    default:
      return 0;
  }
}

static enum EncoderExit check_engines(const struct ScheduleHeader* header) {
  for (uint32_t e = 0; e < header->num_engines; ++e) {
    if (!engine_is_valid(header, e)) {
      printf("encoder: wrong engine %lu: kind, hart, tiles, ring or device do not exist here\n", e);
      return kEncoderWrongEngine;
    }
  }
  return kEncoderDone;
}

static uint32_t wait_of(const struct Command* command, uint32_t i) {
  return command->words[kCommandWords - 1 - i];
}

static int copies_are_valid(const struct Command* command) {
  uint32_t words = sizeof(struct Copy) / sizeof(uint32_t);
  if (command->opcode == kOpCopy) {
    return command->num_arguments <= kMaxCopies * words;
  }
  return command->opcode == kOpSpread &&
         command->num_arguments == sizeof(struct Spread) / sizeof(uint32_t) &&
         ((const struct Spread*)command->words)->count - 1 < kMaxSpread;
}

static int opcode_is_valid(uint32_t kind, const struct Command* command) {
  switch (kind) {
    case kEngineDma:
      return command->opcode == kOpNothing || copies_are_valid(command);
    case kEngineTeam:
      return command->opcode == kOpNothing || team_kernel(command->opcode) != 0;
    default:
      return command->opcode == kOpJob;
  }
}

static int command_is_valid(const struct ScheduleHeader* header, uint32_t engine,
                            const struct Command* command) {
  if (!opcode_is_valid(engines_of(header)[engine].kind, command) ||
      command->num_arguments > kMaxArguments ||
      command->num_waits > kCommandWords - command->num_arguments) {
    return 0;
  }
  for (uint32_t i = 0; i < command->num_waits; ++i) {
    uint32_t wait = wait_of(command, i);
    uint32_t other = wait >> kWaitEngineShift;
    if (other >= header->num_engines ||
        (wait & kMaxWaitCount) > engines_of(header)[other].num_commands) {
      return 0;
    }
  }
  return 1;
}

/* The engines in thought: how far each has got. */
static struct Progress {
  uint32_t begun;
  uint32_t completed; /* less, where jobs are held */
} progress[kMaxEngines];

static int may_begin(const struct Command* command) {
  for (uint32_t i = 0; i < command->num_waits; ++i) {
    uint32_t wait = wait_of(command, i);
    if (progress[wait >> kWaitEngineShift].completed < (wait & kMaxWaitCount)) {
      return 0;
    }
  }
  return 1;
}

/* Lets an engine go on as far as it can. Returns how many commands it began. */
static enum EncoderExit advance(const struct ScheduleHeader* header, uint32_t engine,
                                uint32_t* begun) {
  struct Progress* own = &progress[engine];
  uint32_t num_commands = engines_of(header)[engine].num_commands;
  for (; own->begun < num_commands; ++*begun) {
    const struct Command* command = &commands_of(header, engine)[own->begun];
    if (!command_is_valid(header, engine, command)) {
      printf(
          "encoder: wrong command %lu of engine %lu: opcode %lu, or a wait for what does not "
          "exist\n",
          own->begun, engine, (uint32_t)command->opcode);
      return kEncoderWrongCommand;
    }
    if (!may_begin(command)) {
      return kEncoderDone;
    }
    own->begun += 1;
    if ((command->flags & kFlagHold) == 0) {
      own->completed = own->begun;
    }
  }
  return kEncoderDone;
}

/* Whether all commands come to their end. In the order of this check every engine does as much as
 * it can, and completing early never hurts: if the engines stop here, they stop in any order. */
static enum EncoderExit check_commands(const struct ScheduleHeader* header) {
  memset(progress, 0, sizeof(progress));
  for (uint32_t begun = 1; begun != 0;) {
    begun = 0;
    for (uint32_t e = 0; e < header->num_engines; ++e) {
      enum EncoderExit result = advance(header, e, &begun);
      if (result != kEncoderDone) {
        return result;
      }
    }
  }
  for (uint32_t e = 0; e < header->num_engines; ++e) {
    if (progress[e].completed != engines_of(header)[e].num_commands) {
      printf("encoder: deadlock, engine %lu cannot get beyond command %lu of %lu\n", e,
             progress[e].begun, engines_of(header)[e].num_commands);
      return kEncoderDeadlock;
    }
  }
  return kEncoderDone;
}

enum EncoderExit validate(const struct ScheduleHeader* header) {
  static enum EncoderExit (*const kChecks[])(const struct ScheduleHeader*) = {
      check_format, check_sizes, check_machine, check_engines, check_commands};
  for (uint32_t i = 0; i < sizeof(kChecks) / sizeof(kChecks[0]); ++i) {
    enum EncoderExit result = kChecks[i](header);
    if (result != kEncoderDone) {
      return result;
    }
  }
  return kEncoderDone;
}
