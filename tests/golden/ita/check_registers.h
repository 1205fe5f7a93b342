// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/golden/ita/case.h"

namespace tessera::test {

/// Runs every layer of the case through the registers of a JobInterface, as software does, and
/// compares what ends up in memory. Nothing when a size is no multiple of 64: the job interface
/// cannot do it. Elaborates SystemC: once per process.
void check_jobs(Tally& tally, const RtlCase& data);

/// Runs every head of the case through the registers of an OperandBlockInterface and compares the
/// outputs in memory. Elaborates SystemC: once per process.
void check_operand_blocks(Tally& tally, const MempoolCase& data);

}  // namespace tessera::test
