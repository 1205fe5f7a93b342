// SPDX-License-Identifier: Apache-2.0
#include "platform/app/inputs.h"

#include <array>
#include <fstream>
#include <iterator>

#include <openssl/evp.h>

#include <fmt/format.h>

#include "models/base/error.h"

namespace tessera::app {

using Json = nlohmann::ordered_json;

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int is_done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  TESSERA_CHECK(is_done == 1, "libcrypto has no SHA-256");
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += fmt::format("{:02x}", digest[i]);
  }
  return text;
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
  return {{"tessera", sha256_of_file("/proc/self/exe")},
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
