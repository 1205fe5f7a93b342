// SPDX-License-Identifier: Apache-2.0
#include "platform/app/inputs.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include <elfutils/libdwelf.h>
#include <libelf.h>
#include <openssl/evp.h>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::app {

using Json = nlohmann::ordered_json;

namespace {

const char* const kThisProgram = "/proc/self/exe";

std::string hexadecimal(const std::uint8_t* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

/// The build ID of this program, a hash that the linker made of it; without one, its SHA-256, which
/// takes 0.2 s.
std::string this_program() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(kThisProgram, "rb"),
                                                             &std::fclose};
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, int (*)(Elf*)> elf{
      elf_begin(fileno(file.get()), ELF_C_READ_MMAP, nullptr), &elf_end};
  const void* bytes = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf.get(), &bytes);
  return size > 0 ? hexadecimal(static_cast<const std::uint8_t*>(bytes),
                                static_cast<std::size_t>(size))
                  : sha256_of_file(kThisProgram);
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
