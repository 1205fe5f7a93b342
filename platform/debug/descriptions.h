// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/hart_control.h"

// The XML documents that GDB reads with qXfer packets.
namespace tessera::debug {

// Numbers of registers in packets: x0..x31, pc, then the CSRs as other servers number them.
constexpr std::uint64_t kPcNumber = 32;
constexpr std::uint64_t kFirstCsrNumber = 65;

/// A range of addresses that GDB may access.
struct MemoryRegion {
  std::uint64_t base;
  std::uint64_t bytes;
  bool is_writable;
};

/// "target.xml": RV32 with x0..x31, pc and the CSRs that harts implement.
std::string target_description(const std::vector<CsrDescription>& csrs);
/// All regions as RAM or ROM; GDB refuses every address outside of them.
std::string memory_map(const std::vector<MemoryRegion>& regions);
/// The harts with their names and what they do; the id of a thread is that of its hart + 1.
std::string thread_list(const HartControl& control, const std::vector<std::uint32_t>& harts);

}  // namespace tessera::debug
