// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/base/guest_error.h"
#include "models/base/hart_access.h"
#include "models/isa/hart_state.h"

namespace tessera::isa {

/// What a hart needs from the machine beyond DMI. One object serves all harts.
class HartEnvironment {
 public:
  virtual ~HartEnvironment() = default;
  /// A data access without DMI. `access.cycle` is exact. When it returns kPending the instruction
  /// has no effect and is executed again once activity is kRunning.
  virtual HartReply access(const HartAccess& access) = 0;
  /// A CSR instruction on an unimplemented CSR: the RTL prints it. `value` is the ALU result.
  virtual void dump_csr(const HartState& hart, std::uint32_t csr, std::uint32_t value) = 0;
  /// CSR trace, where the RTL's tracer is switched on and off, became non-zero or zero.
  virtual void trace_switched(const HartState& hart) = 0;
  /// Illegal instruction, misaligned access, fetch from unmapped memory, sp below stacklimit.
  virtual void guest_error(const HartState& hart, GuestErrorKind kind, std::uint32_t address,
                           const std::string& message) = 0;
  /// An instruction that stops the run (floating point): `name` is its mnemonic.
  virtual void unsupported(const HartState& hart, const std::string& name) = 0;
  /// ebreak retires as a no-op, as in the RTL; the environment counts it.
  virtual void breakpoint(const HartState& hart) = 0;
  /// The instruction at hart.pc, which is watched, comes next. The callee may change the registers
  /// of all harts, pc included, and memory. False: the hart must not execute now; it is reported
  /// again when it may.
  virtual bool pc_reached(const HartState& hart) = 0;
};

}  // namespace tessera::isa
