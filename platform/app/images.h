// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "models/base/byte_memory.h"
#include "platform/address_map.h"
#include "platform/app/options.h"
#include "platform/elf_loader.h"

namespace tessera::app {

/// What `--load` puts into memory.
struct MemoryImage {
  std::uint32_t address;
  std::vector<std::uint8_t> bytes;

  void load(ByteMemory& memory) const;
};

/// What `--dump` takes out of it. The file is opened before the run starts, so that a long run is
/// not lost to a misspelt folder, and after all input has been read.
struct MemoryDump {
  std::uint32_t address;
  std::uint64_t bytes;
  std::string path;
  std::ofstream file;  ///< initially not open

  /// Throws ConfigError when the file cannot be written.
  void open();
  /// Throws ConfigError when the disk is full.
  void write(ByteMemory& memory);
};

/// `address`, a number or a symbol of `program`; throws UsageError in the name of `option`.
std::uint64_t resolve(const std::string& option, const std::string& address,
                      const ElfImage& program);

/// `region`, a number or the name of a region of interest of `program`; throws UsageError in the
/// name of `option`.
std::uint32_t resolve_region(const std::string& option, const std::string& region,
                             const ElfImage& program);

/// Both throw UsageError when an address is neither a number nor a symbol of `program`, ConfigError
/// when it is not memory of `map` or a file cannot be read.
std::vector<MemoryImage> read_images(const std::vector<LoadOption>& options,
                                     const ElfImage& program, const AddressMap& map);
std::vector<MemoryDump> read_dumps(const std::vector<DumpOption>& options, const ElfImage& program,
                                   const AddressMap& map);

}  // namespace tessera::app
