// SPDX-License-Identifier: Apache-2.0
#include "platform/app/inputs.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

#include <link.h>
#include <openssl/evp.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/base/error.h"

namespace tessera::app {

using Json = nlohmann::ordered_json;

namespace {

std::string hexadecimal(const std::uint8_t* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

/// The build ID among the notes of a segment, or nothing.
std::string find_build_id(const std::uint8_t* notes, std::size_t size) {
  const auto padded = [](std::size_t length) { return (length + 3) & ~std::size_t{3}; };
  ElfW(Nhdr) note;
  for (std::size_t at = 0; at + sizeof note <= size;) {
    std::memcpy(&note, notes + at, sizeof note);
    const std::size_t content = at + sizeof note + padded(note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID) {
      return hexadecimal(notes + content, note.n_descsz);
    }
    at = content + padded(note.n_descsz);
  }
  return {};
}

/// The build ID of this program, a hash that the linker made of it; without one, its SHA-256, which
/// takes 0.2 s.
std::string this_program() {
  std::string id;
  dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* found) {
        for (const ElfW(Phdr)* segment = program->dlpi_phdr;
             segment != program->dlpi_phdr + program->dlpi_phnum; ++segment) {
          if (segment->p_type == PT_NOTE) {
            *static_cast<std::string*>(found) += find_build_id(
                // NOLINTNEXTLINE(performance-no-int-to-ptr): as dl_iterate_phdr tells it
                reinterpret_cast<const std::uint8_t*>(program->dlpi_addr + segment->p_vaddr),
                segment->p_memsz);
          }
        }
        return 1;  // this program comes first; its libraries do not matter
      },
      &id);
  return id.empty() ? sha256_of_file("/proc/self/exe") : id;
}

}  // namespace

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int is_done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  TESSERA_CHECK(is_done == 1, "libcrypto has no SHA-256");
  return hexadecimal(digest.data(), size);
}

std::string sha256_of_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) {
    throw ConfigError(path, "cannot read this file");
  }
  return sha256(bytes);
}

Json describe_inputs(const ConfigOptions& options, const Machine& machine) {
  Json files = Json::array();
  for (const std::string& file : machine.tree.files()) {
    files.push_back(sha256_of_file(file));
  }
  return {{"tessera", this_program()},
          {"config_files", files},
          {"settings", options.settings},
          {"options", options.others},
          {"config", sha256(machine.tree.dump(false))}};
}

Json describe_inputs(const RunOptions& options, const Machine& machine) {
  Json inputs = describe_inputs(options.config, machine);
  inputs["elf"] = sha256_of_file(options.elf);
  Json loads = Json::array();
  for (const LoadOption& load : options.loads) {
    loads.push_back({{"address", load.address}, {"sha256", sha256_of_file(load.file)}});
  }
  inputs["loads"] = loads;
  return inputs;
}

}  // namespace tessera::app
