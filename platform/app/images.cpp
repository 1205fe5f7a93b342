// SPDX-License-Identifier: Apache-2.0
#include "platform/app/images.h"

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "models/base/text.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

std::uint64_t resolve(const std::string& option, const std::string& address,
                      const ElfImage& program) {
  const auto number = parse_unsigned(address);
  if (const auto* value = std::get_if<std::uint64_t>(&number)) {
    return *value;
  }
  if (const auto symbol = program.symbols.find(address)) {
    return *symbol;
  }
  const std::string near = nearest_spelling(address, program.symbols.names());
  throw UsageError(fmt::format("{}: '{}' is neither a number nor a symbol of {}{}", option, address,
                               program.path,
                               near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

std::uint32_t resolve_region(const std::string& option, const std::string& region,
                             const ElfImage& program) {
  const auto number = parse_unsigned(region);
  if (const auto* value = std::get_if<std::uint64_t>(&number);
      value != nullptr && *value >> 32 == 0) {
    return static_cast<std::uint32_t>(*value);
  }
  std::vector<std::string> names;
  for (const auto& [id, name] : program.region_names) {
    if (name == region) {
      return id;
    }
    names.push_back(name);
  }
  const std::string near = nearest_spelling(region, names);
  throw UsageError(fmt::format("{}: '{}' is neither a number nor the name of a region of {}{}",
                               option, region, program.path,
                               near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

void MemoryImage::load(ByteMemory& memory) const {
  const bool is_written = memory.write(address, bytes.data(), bytes.size());
  TESSERA_CHECK(is_written, "cannot load {} bytes at 0x{:x}", bytes.size(), address);
}

void MemoryDump::open() {
  file.open(path, std::ios::binary);
  if (!file) {
    throw ConfigError(path, "cannot write this file" + host_reason());
  }
}

void MemoryDump::write(ByteMemory& memory) {
  std::vector<char> content(bytes);
  const bool is_read = memory.read(address, content.data(), content.size());
  TESSERA_CHECK(is_read, "cannot dump {} bytes at 0x{:x}", bytes, address);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) {
    throw ConfigError(path, "cannot write this file");
  }
}

std::vector<MemoryImage> read_images(const std::vector<LoadOption>& options,
                                     const ElfImage& program, const AddressMap& map) {
  std::vector<MemoryImage> images;
  images.reserve(options.size());
  for (const LoadOption& option : options) {
    const std::uint64_t address = resolve("--load", option.address, program);
    std::vector<std::uint8_t> bytes = read_file(option.file);
    check_is_memory(map, "--load " + option.file, address, bytes.size());
    images.push_back({static_cast<std::uint32_t>(address), std::move(bytes)});
  }
  return images;
}

std::vector<MemoryDump> read_dumps(const std::vector<DumpOption>& options, const ElfImage& program,
                                   const AddressMap& map) {
  std::vector<MemoryDump> dumps;
  dumps.reserve(options.size());
  for (const DumpOption& option : options) {
    const std::uint64_t address = resolve("--dump", option.address, program);
    check_is_memory(map, "--dump " + option.file, address, option.bytes);
    dumps.push_back({static_cast<std::uint32_t>(address), option.bytes, option.file, {}});
  }
  return dumps;
}

}  // namespace tessera::app
