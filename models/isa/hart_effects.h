// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/dmi_table.h"
#include "models/isa/csr.h"
#include "models/isa/hart_environment.h"
#include "models/isa/hart_state.h"
#include "models/isa/instruction.h"

namespace tessera::isa {

// What instructions do to a hart besides arithmetic and memory, the same in both timing modes.
// `hart` is at the instruction: pc, cycle and instructions are exact, for the environment to read.

constexpr std::uint8_t kSp = 2;

/// Where results for register `index` go.
constexpr std::uint8_t destination(std::uint8_t index) {
  return index == 0 ? std::uint8_t{HartState::kSink} : index;
}
/// Reports an sp below the stack limit, a guest error without effect.
void check_stack(HartState& hart, HartEnvironment& environment);
inline void write_register(HartState& hart, HartEnvironment& environment, std::uint8_t index,
                           std::uint32_t value) {
  hart.x[destination(index)] = value;
  if (index == kSp && hart.stack_limit != csr::kNoStackLimit) {
    check_stack(hart, environment);
  }
}

/// Traps report and count; the caller goes on at IsaConfig::trap_address.
void trap_illegal(HartState& hart, HartEnvironment& environment, const Instruction& instruction);
/// `address`: EffectiveAddress::checked.
void trap_misaligned(HartState& hart, HartEnvironment& environment, const Instruction& instruction,
                     std::uint32_t address);
/// Host address of the page that hart.pc is on; null after a trap: no instruction can be fetched.
const std::uint8_t* fetch_page(HartState& hart, HartEnvironment& environment, const DmiTable& dmi);

/// Nothing for a number that the RTL does not implement.
std::optional<std::uint32_t> read_csr(const HartState& hart, std::uint32_t number);
/// False, and no effect, for one that cannot be written.
bool write_csr(HartState& hart, HartEnvironment& environment, std::uint32_t number,
               std::uint32_t value);
/// A CSR instruction, rd included.
void perform_csr(HartState& hart, HartEnvironment& environment, const Instruction& instruction);

}  // namespace tessera::isa
