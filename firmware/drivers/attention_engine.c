/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/drivers/attention_engine.h"

#include <stddef.h>

#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"

_Static_assert(sizeof(struct EngineDescriptor) == ATTENTION_ENGINE_DESC_BYTES, "descriptor");
_Static_assert(offsetof(struct EngineDescriptor, pattern) == ATTENTION_ENGINE_DESC_PATTERN, "");
_Static_assert(offsetof(struct EngineDescriptor, q) == ATTENTION_ENGINE_DESC_Q, "");
_Static_assert(offsetof(struct EngineDescriptor, qk_requant) == ATTENTION_ENGINE_DESC_QK_REQUANT,
               "");
_Static_assert(offsetof(struct EngineDescriptor, scratch) == ATTENTION_ENGINE_DESC_SCRATCH, "");
_Static_assert(sizeof(struct EngineCompletion) == ATTENTION_ENGINE_COMPLETION_BYTES, "completion");

enum { kVersion = 1 };

static uint32_t get(const struct Engine* engine, uint32_t offset) {
  return read_register(engine->base + offset);
}

static void set(const struct Engine* engine, uint32_t offset, uint32_t value) {
  write_register(engine->base + offset, value);
}

int engine_probe(struct EngineCapabilities* capabilities) {
  uint32_t base = platform.attention_engine_base;
  if (base == 0 || read_register(base + ATTENTION_ENGINE_ID) != ATTENTION_ENGINE_ID_VALUE ||
      read_register(base + ATTENTION_ENGINE_VERSION) != kVersion) {
    return -1;
  }
  uint32_t sizes = read_register(base + ATTENTION_ENGINE_CAP0);
  capabilities->native_dim = sizes >> 16;
  capabilities->lanes = sizes >> 8 & 0xFF;
  capabilities->engines = sizes & 0xFF;
  capabilities->mfus = read_register(base + ATTENTION_ENGINE_CAP1) >> 16 & 0xF;
  for (uint32_t i = 0; i < kEngineMemories; ++i) {
    capabilities->entries[i] = read_register(base + ATTENTION_ENGINE_CAPV + 4 * i);
  }
  return 0;
}

int engine_init(struct Engine* engine, struct EngineDescriptor* ring,
                struct EngineCompletion* queue, uint32_t ring_log2) {
  if (engine_probe(&engine->capabilities) != 0) {
    return -1;
  }
  engine->base = platform.attention_engine_base;
  engine->ring = ring;
  engine->queue = queue;
  engine->ring_log2 = ring_log2;
  engine->submitted = 0;
  engine->completed = 0;
  set(engine, ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_SOFT_RESET);
  set(engine, ATTENTION_ENGINE_RING_LO, (uint32_t)ring);
  set(engine, ATTENTION_ENGINE_RING_LOG2, ring_log2);
  set(engine, ATTENTION_ENGINE_CQ_LO, (uint32_t)queue);
  set(engine, ATTENTION_ENGINE_CQ_LOG2, ring_log2);
  set(engine, ATTENTION_ENGINE_WAKE_HART, hart_id());
  set(engine, ATTENTION_ENGINE_IRQ_EN,
      ATTENTION_ENGINE_IRQ_DESC_DONE | ATTENTION_ENGINE_IRQ_ERROR |
          ATTENTION_ENGINE_IRQ_INSTRUCTION);
  set(engine, ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN);
  return 0;
}

int engine_submit(struct Engine* engine, const struct EngineDescriptor* descriptor) {
  uint32_t places = 1u << engine->ring_log2;
  if (engine_outstanding(engine) == places) {
    return -1;
  }
  engine->ring[engine->submitted & (places - 1)] = *descriptor;
  ++engine->submitted;
  fence(); /* the engine reads what this hart has written */
  set(engine, ATTENTION_ENGINE_TAIL, engine->submitted);
  return 0;
}

int engine_poll(struct Engine* engine, struct EngineCompletion* completion) {
  if (get(engine, ATTENTION_ENGINE_CQ_TAIL) == engine->completed) {
    return 0;
  }
  uint32_t place = engine->completed & ((1u << engine->ring_log2) - 1);
  *completion = *(volatile struct EngineCompletion*)&engine->queue[place];
  ++engine->completed;
  set(engine, ATTENTION_ENGINE_CQ_HEAD, engine->completed);
  return 1;
}

void engine_wait(struct Engine* engine, struct EngineCompletion* completion) {
  do { /* a pulse comes with every completion: sleep first, so that they never pile up */
    wait_for_wake_up();
  } while (!engine_poll(engine, completion));
}

/* The policy to try when `policy` did not fit; kEngineAutomatic: none is left. */
static uint8_t next_policy(uint8_t policy) {
  switch (policy) {
    case kEngineResident:
      return kEngineOverlapped;
    case kEngineOverlapped:
      return kEngineRow;
    case kEngineRow:
    case kEngineOnline:
      return kEngineSpill;
    default:
      return kEngineAutomatic;
  }
}

uint32_t engine_run(struct Engine* engine, struct EngineDescriptor* descriptor,
                    struct EngineCompletion* completion) {
  descriptor->flags |= ATTENTION_ENGINE_FLAG_IRQ;
  while (1) {
    engine_submit(engine, descriptor);
    engine_wait(engine, completion);
    uint32_t error = engine_completion_error(completion);
    uint8_t policy = next_policy(descriptor->policy);
    if (error != kEngineVrfOverflow || policy == kEngineAutomatic) {
      return error;
    }
    descriptor->policy = policy;
  }
}

void engine_abort(struct Engine* engine) {
  struct EngineCompletion dropped;
  set(engine, ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_ABORT); /* and take nothing new */
  engine->submitted = get(engine, ATTENTION_ENGINE_HEAD);
  set(engine, ATTENTION_ENGINE_TAIL, engine->submitted);
  while (engine_poll(engine, &dropped)) {
  }
  engine->completed = engine->submitted;
  set(engine, ATTENTION_ENGINE_CTRL, ATTENTION_ENGINE_CTRL_EN);
}

void engine_set_watchdog(const struct Engine* engine, uint32_t cycles) {
  set(engine, ATTENTION_ENGINE_WDOG, cycles);
}

void engine_check_reads(const struct Engine* engine, int is_checked) {
  uint32_t control = get(engine, ATTENTION_ENGINE_CTRL) & ~ATTENTION_ENGINE_CTRL_CHECK_READS;
  set(engine, ATTENTION_ENGINE_CTRL,
      control | (is_checked ? ATTENTION_ENGINE_CTRL_CHECK_READS : 0));
}

void engine_push(const struct Engine* engine, uint64_t instruction) {
  set(engine, ATTENTION_ENGINE_INST_LO, (uint32_t)instruction);
  set(engine, ATTENTION_ENGINE_INST_HI, (uint32_t)(instruction >> 32));
}

uint32_t engine_push_space(const struct Engine* engine) {
  return get(engine, ATTENTION_ENGINE_INST_SPACE);
}

uint32_t engine_wait_instruction(const struct Engine* engine, uint32_t tag) {
  while (1) {
    uint32_t status = get(engine, ATTENTION_ENGINE_STATUS);
    if ((status & ATTENTION_ENGINE_STATUS_FIFO_HALTED) != 0) {
      set(engine, ATTENTION_ENGINE_IRQ_CLR, ATTENTION_ENGINE_IRQ_ERROR);
      return status >> ATTENTION_ENGINE_STATUS_ERROR_SHIFT & 0xFF;
    }
    uint32_t causes = get(engine, ATTENTION_ENGINE_IRQ_RAW);
    if ((causes & ATTENTION_ENGINE_IRQ_INSTRUCTION) != 0) {
      set(engine, ATTENTION_ENGINE_IRQ_CLR, ATTENTION_ENGINE_IRQ_INSTRUCTION);
      if (get(engine, ATTENTION_ENGINE_INST_TAG) == tag) {
        return kEngineOk;
      }
    }
    wait_for_wake_up();
  }
}

void engine_resume(const struct Engine* engine) {
  set(engine, ATTENTION_ENGINE_CTRL, get(engine, ATTENTION_ENGINE_CTRL) | ATTENTION_ENGINE_CTRL_EN);
}

static uint32_t error_info(const struct Engine* engine, uint32_t index) {
  return get(engine, ATTENTION_ENGINE_ERRINFO + 4 * index);
}

struct EngineErrorInfo engine_error(const struct Engine* engine) {
  struct EngineErrorInfo info = {
      .descriptor = error_info(engine, 0),
      .code = error_info(engine, 1),
      .index = error_info(engine, 2),
      .limit = error_info(engine, 3),
      .tile_row = error_info(engine, 4),
      .tile_column = error_info(engine, 5),
      .instruction = (uint64_t)error_info(engine, 7) << 32 | error_info(engine, 6),
  };
  return info;
}

const char* engine_error_name(uint32_t code) {
  static const char* const kNames[] = {
      "NONE",
      "BAD_OPCODE",
      "BAD_CHAIN",
      "BAD_MEMORY_ID",
      "VRF_OUT_OF_BOUNDS",
      "VRF_OVERFLOW",
      "MRF_OUT_OF_BOUNDS",
      "MISALIGNED",
      "BAD_DESCRIPTOR",
      "BAD_MAP",
      "MASK_OUT_OF_BOUNDS",
      "AXI_SLAVE",
      "AXI_DECODE",
      "SOFTMAX_RANGE",
      "WATCHDOG",
      "ABORTED",
      "COMPLETION_OVERFLOW",
      "FORMAT_MISMATCH",
      "READ_UNINITIALISED",
  };
  _Static_assert(sizeof(kNames) / sizeof(kNames[0]) == kEngineNumErrors, "a name for each");
  return code < kEngineNumErrors ? kNames[code] : "?";
}

uint64_t engine_counter(const struct Engine* engine, uint32_t index) {
  uint32_t address = ATTENTION_ENGINE_PERF + 8 * index;
  uint32_t high = get(engine, address + 4);
  while (1) { /* the low word may wrap in between */
    uint32_t low = get(engine, address);
    uint32_t again = get(engine, address + 4);
    if (again == high) {
      return (uint64_t)high << 32 | low;
    }
    high = again;
  }
}
