// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/base/byte_memory.h"
#include "platform/address_map.h"
#include "platform/observe/call_stack.h"
#include "platform/observe/line_table.h"
#include "platform/observe/symbol_table.h"

namespace tessera {

struct ElfSegment {
  unsigned index;                   ///< in the program headers
  std::uint32_t address;            ///< physical
  std::vector<std::uint8_t> bytes;  ///< from the file
  std::uint64_t memory_bytes;       ///< the rest is zero
};

/// An executable for RV32, read whole; nothing of it is trusted.
struct ElfImage {
  std::string path;
  std::uint32_t entry = 0;
  bool has_compressed_code = false;  ///< built for the C extension, which no machine here has
  std::vector<ElfSegment> segments;  ///< loadable ones that are not empty
  SymbolTable symbols;
  /// Names of regions of interest by their ids: the section .region_names, whose strings have their
  /// ids as addresses (firmware/runtime/platform.h).
  std::map<std::uint32_t, std::string> region_names;
  LineTable lines;
  CallStack call_stack;

  /// Throws ConfigError: missing, truncated, not ELF, not a 32-bit little-endian RISC-V executable,
  /// nothing to load.
  static ElfImage read(const std::string& path);
  /// Throws ConfigError unless every segment lies in memory of `map`; names segment, range and what
  /// memory there is.
  void check_fits(const AddressMap& map) const;
  /// REQUIRES: check_fits() passed for the machine that `memory` belongs to.
  void load(ByteMemory& memory) const;
};

/// The whole file; throws ConfigError when it cannot be read.
std::vector<std::uint8_t> read_file(const std::string& path);

/// Throws ConfigError, with `where` in front, unless [address, address + bytes) is memory of `map`.
void check_is_memory(const AddressMap& map, const std::string& where, std::uint64_t address,
                     std::uint64_t bytes);

}  // namespace tessera
