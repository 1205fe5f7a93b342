// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::isa::csr {

// Source: mempool hardware/deps/snitch/src/snitch.sv, "CSR logic". All other numbers read as 0, and
// an instruction that names one prints it ("dump").
constexpr std::uint32_t kFflags = 0x001;  ///< with kFrm and kFcsr: 0 without zfinx, no dump
constexpr std::uint32_t kFrm = 0x002;
constexpr std::uint32_t kFcsr = 0x003;
constexpr std::uint32_t kSsr = 0x7c0;  ///< csrrsi and csrrci are offloaded to nobody: no effect
constexpr std::uint32_t kTrace = 0x7d0;
constexpr std::uint32_t kStackLimit = 0x7d1;
constexpr std::uint32_t kMcycle = 0xb00;
constexpr std::uint32_t kMinstret = 0xb02;
constexpr std::uint32_t kMhpmcounter3 = 0xb03;  ///< cycles stalled on instruction fetch
constexpr std::uint32_t kMhpmcounter4 = 0xb04;  ///< cycles stalled on the load/store unit
constexpr std::uint32_t kMhpmcounter5 = 0xb05;  ///< cycles with a busy operand or destination
constexpr std::uint32_t kMcycleh = 0xb80;
constexpr std::uint32_t kMinstreth = 0xb82;
constexpr std::uint32_t kMhartid = 0xf14;

/// Reset value of kStackLimit: no check.
constexpr std::uint32_t kNoStackLimit = 0xffffffff;

}  // namespace tessera::isa::csr
