/* SPDX-License-Identifier: Apache-2.0
 * What the parts of engine_errors share: one engine, one good job, and the list of codes seen. */
#ifndef SW_ENGINE_ERRORS_H
#define SW_ENGINE_ERRORS_H

#include <stdint.h>

#include "firmware/drivers/attention_engine.h"

enum {
  kTokens = 100,
  kLongTokens = 1024,     /* resident scores of a causal head do not fit soc64 */
  kUnmapped = 0x20000000, /* an address without a target */
  kDim = 64,
  kRingLog2 = 2,
  kRingPlaces = 1 << kRingLog2,
  kMark = 0x5A,
  kResult = 9, /* every element: operands are 0 and the requantiser adds it */
  kMapBytes = 64,
  kMaskBytes = 512,
  kMaxInstructions = 16,
};

extern struct Engine engine;
extern struct EngineDescriptor ring[kRingPlaces];
extern struct EngineDescriptor descriptor; /* under test */
extern struct EngineCompletion completion;
extern uint8_t* operands; /* zeros */
extern uint8_t* output;
extern uint8_t* map;          /* then its mask */
extern uint64_t* chain_words; /* in L2, kMaxInstructions */

/* Causal attention of kTokens tokens, kResult in every element. */
void make_good(struct EngineDescriptor* job);
void reset_engine(void);

/* Counts an error and prints a line when the values differ. */
void expect(const char* name, uint32_t value, uint32_t expected);
/* The code that the engine has latched is `code`, and counts as raised. */
void expect_raised(const char* name, uint32_t code);
/* Of the first `bytes` of the output. */
void expect_output(const char* name, uint8_t value, uint32_t bytes);
/* A good job passes. */
void expect_recovery(const char* name);
/* `descriptor` fails with `code` and leaves the output alone; a good job passes after it. */
void expect_refused(const char* name, uint32_t code);

/* Descriptors and maps: bad_descriptors.c. */
void refuse_descriptors(void);
void refuse_maps(void);
/* Chains, pushed and in memory: bad_chains.c. */
void refuse_chains(void);
/* Watchdog, abort, completions, policies: events.c. */
void cause_events(void);

#endif
