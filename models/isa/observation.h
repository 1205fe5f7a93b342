// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/base/probe.h"
#include "models/isa/hart_state.h"
#include "models/isa/instruction.h"

namespace tessera::isa {

// How an instruction looks to observers, the same in both timing modes: described in two steps,
// since an instruction may overwrite its own operands.

/// What is known before `instruction` executes; `hart` is at it, cycle included.
RetiredInstruction described(const Instruction& instruction, const HartState& hart);
/// Adds what is known when it has executed: where `hart` goes on, rd, the CSR.
void add_outcome(RetiredInstruction& retired, const Instruction& instruction,
                 const HartState& hart);
/// What block logs say of an instruction of threaded code.
InstructionForm form_of(const Instruction& instruction);

}  // namespace tessera::isa
