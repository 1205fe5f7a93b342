/* SPDX-License-Identifier: Apache-2.0
 * The attention engine: a ring of descriptors, completions, errors. One hart at a time.
 * Meaning of every field and register: models/attention_engine/attention_engine_regs.h. */
#ifndef FIRMWARE_DRIVERS_ATTENTION_ENGINE_H
#define FIRMWARE_DRIVERS_ATTENTION_ENGINE_H

#include <stdint.h>

#include "models/attention_engine/attention_engine_regs.h"

enum { kEngineMemories = 16 };

/* Sizes, as the engine tells them. */
struct EngineCapabilities {
  uint32_t native_dim; /* T, side of a tile */
  uint32_t lanes;
  uint32_t engines;
  uint32_t mfus;
  uint32_t entries[kEngineMemories]; /* of memory k; 0: the engine has none */
};

/* One attention job, as the engine reads it: ATTENTION_ENGINE_DESC_*. */
struct EngineDescriptor {
  uint8_t type;
  uint8_t flags;
  uint16_t tag; /* comes back with the completion */
  uint16_t queries;
  uint16_t keys;
  uint16_t head_dim;
  uint16_t heads;
  uint16_t tile;
  uint8_t pattern;
  uint8_t policy; /* enum EnginePolicy */
  uint16_t window;
  uint16_t global_tokens;
  uint16_t block;
  uint16_t random_tiles;
  uint32_t q;
  uint32_t k;
  uint32_t v;
  uint32_t output;
  uint32_t map;
  uint32_t masks; /* of a generated pattern: the seed */
  uint32_t qk_requant;
  uint32_t av_requant;
  uint16_t row_stride;  /* in units of 16 bytes */
  uint16_t head_stride; /* likewise */
  uint32_t scratch;
};

struct EngineCompletion {
  uint32_t tag;
  uint32_t status; /* error 7:0, offending index 31:8 */
  uint32_t cycles; /* of the engine */
  uint32_t cycles_high;
};

/* Where scores are kept. */
enum EnginePolicy {
  kEngineAutomatic, /* the first that fits */
  kEngineResident,
  kEngineOverlapped,
  kEngineRow,
  kEngineOnline,
  kEngineSpill,
};

enum { kEngineMapInMemory = 1 }; /* as pattern */

/* Errors of completions. */
enum EngineErrorCode {
  kEngineOk = ATTENTION_ENGINE_ERROR_NONE,
  kEngineBadOpcode = ATTENTION_ENGINE_ERROR_BAD_OPCODE,
  kEngineBadChain = ATTENTION_ENGINE_ERROR_BAD_CHAIN,
  kEngineBadMemoryId = ATTENTION_ENGINE_ERROR_BAD_MEMORY_ID,
  kEngineVrfOutOfBounds = ATTENTION_ENGINE_ERROR_VRF_OUT_OF_BOUNDS,
  kEngineVrfOverflow = ATTENTION_ENGINE_ERROR_VRF_OVERFLOW,
  kEngineMrfOutOfBounds = ATTENTION_ENGINE_ERROR_MRF_OUT_OF_BOUNDS,
  kEngineMisaligned = ATTENTION_ENGINE_ERROR_MISALIGNED,
  kEngineBadDescriptor = ATTENTION_ENGINE_ERROR_BAD_DESCRIPTOR,
  kEngineBadMap = ATTENTION_ENGINE_ERROR_BAD_MAP,
  kEngineMaskOutOfBounds = ATTENTION_ENGINE_ERROR_MASK_OUT_OF_BOUNDS,
  kEngineAxiSlave = ATTENTION_ENGINE_ERROR_AXI_SLAVE,
  kEngineAxiDecode = ATTENTION_ENGINE_ERROR_AXI_DECODE,
  kEngineSoftmaxRange = ATTENTION_ENGINE_ERROR_SOFTMAX_RANGE,
  kEngineWatchdog = ATTENTION_ENGINE_ERROR_WATCHDOG,
  kEngineAborted = ATTENTION_ENGINE_ERROR_ABORTED,
  kEngineCompletionOverflow = ATTENTION_ENGINE_ERROR_COMPLETION_OVERFLOW,
  kEngineFormatMismatch = ATTENTION_ENGINE_ERROR_FORMAT_MISMATCH,
  kEngineReadUninitialised = ATTENTION_ENGINE_ERROR_READ_UNINITIALISED,
  kEngineNumErrors = ATTENTION_ENGINE_NUM_ERRORS
};

static inline uint32_t engine_completion_error(const struct EngineCompletion* completion) {
  return completion->status & 0xFF;
}

/* What the driver knows; all memory is the caller's. */
struct Engine {
  uint32_t base;
  struct EngineDescriptor* ring;  /* in L2, 64-byte aligned, 2^ring_log2 places */
  struct EngineCompletion* queue; /* in L2, as many places */
  uint32_t ring_log2;
  uint32_t submitted; /* position in the ring */
  uint32_t completed; /* position in the queue */
  struct EngineCapabilities capabilities;
};

/* ERRINFO: the first error since engine_init(). */
struct EngineErrorInfo {
  uint32_t descriptor; /* address; 0: pushed instructions */
  uint32_t code;       /* enum EngineErrorCode */
  uint32_t index;      /* the offending value */
  uint32_t limit;
  uint32_t tile_row;
  uint32_t tile_column;
  uint64_t instruction; /* of a chain */
};

/* Reads what the engine is. Returns 0, or -1 when the machine has no engine of this version. */
int engine_probe(struct EngineCapabilities* capabilities);

/* Resets the engine and sets up ring, completions, and wake-up of the calling hart at the end of
 * descriptors with ATTENTION_ENGINE_FLAG_IRQ and at errors. Returns as engine_probe().
 * REQUIRES: `ring` and `queue` have 2^ring_log2 places, ring_log2 <= 12. */
int engine_init(struct Engine* engine, struct EngineDescriptor* ring,
                struct EngineCompletion* queue, uint32_t ring_log2);

/* Puts a descriptor into the ring and rings the doorbell. Returns 0, or -1 when the ring is full.
 */
int engine_submit(struct Engine* engine, const struct EngineDescriptor* descriptor);

/* Descriptors that have been submitted and whose completion has not been taken. */
static inline uint32_t engine_outstanding(const struct Engine* engine) {
  return engine->submitted - engine->completed;
}

/* Takes the next completion, in the order of submission, if there is one. Returns whether. */
int engine_poll(struct Engine* engine, struct EngineCompletion* completion);

/* Sleeps until there is one, and takes it. REQUIRES: a descriptor with FLAG_IRQ is
 * outstanding, at most 7 are, and the calling hart is the one of engine_init(). */
void engine_wait(struct Engine* engine, struct EngineCompletion* completion);

/* Submits `descriptor` with FLAG_IRQ, waits, and, when its policy does not fit the register
 * files, tries again with the next one that gives the same bytes: from RESIDENT over OVERLAPPED
 * and ROW to SPILL. Leaves the policy it ended with in `descriptor`. Returns its error.
 * REQUIRES: nothing is outstanding. */
uint32_t engine_run(struct Engine* engine, struct EngineDescriptor* descriptor,
                    struct EngineCompletion* completion);

/* Ends what runs, drops what waits, pushed instructions too, and takes all completions away. */
void engine_abort(struct Engine* engine);

/* Cycles that a descriptor may take before it ends with kEngineWatchdog; 0: any number.
 * REQUIRES: nothing is outstanding. */
void engine_set_watchdog(const struct Engine* engine, uint32_t cycles);

/* Debug: from now on a chain that reads an entry that nothing has written since engine_init() ends
 * with kEngineReadUninitialised, or not. */
void engine_check_reads(const struct Engine* engine, int is_checked);

/* Pushes an instruction of a chain (engine_chain.h); waits while the FIFO is full. Instructions run
 * between descriptors. Of the hart's stores they see those that a fence() has followed. */
void engine_push(const struct Engine* engine, uint64_t instruction);
/* Instructions that can be pushed without waiting. */
uint32_t engine_push_space(const struct Engine* engine);
/* Sleeps until engine_chain_interrupt(tag) has run, or a chain has failed. Returns the error; after
 * one, instructions are dropped until engine_resume(). REQUIRES: no descriptor is outstanding, and
 * the calling hart is the one of engine_init(). */
uint32_t engine_wait_instruction(const struct Engine* engine, uint32_t tag);
/* Takes instructions and descriptors again after an error. */
void engine_resume(const struct Engine* engine);

struct EngineErrorInfo engine_error(const struct Engine* engine);
/* "BAD_MAP", ...; "?" for a number that is none. */
const char* engine_error_name(uint32_t code);

/* A 64-bit counter, ATTENTION_ENGINE_PERF_*. */
uint64_t engine_counter(const struct Engine* engine, uint32_t index);

#endif
