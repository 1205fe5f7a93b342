/* SPDX-License-Identifier: Apache-2.0
 * A dense layer as instructions of the attention engine, and what it gives. */
#ifndef SW_ENGINE_CHAINS_LAYER_H
#define SW_ENGINE_CHAINS_LAYER_H

#include "firmware/drivers/attention_engine.h"

/* Computes ReLU(W x + b) of seeded operands by instructions that are pushed, and again by the same
 * ones in memory. Returns errors: elements that differ from what this hart computes. */
uint32_t check_layer(struct Engine* engine);

#endif
