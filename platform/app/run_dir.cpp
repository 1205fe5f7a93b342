// SPDX-License-Identifier: Apache-2.0
#include "platform/app/run_dir.h"

#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "models/base/error.h"
#include "models/base/host_error.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

namespace fs = std::filesystem;

namespace {

/// Two runs would leave files of both. Where a file system has no locks, nobody is refused.
std::shared_ptr<void> lock(const fs::path& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::shared_ptr<void> held(nullptr, [folder](void*) { close(folder); });
  if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw UsageError(fmt::format("--out {}: another run is at work in this folder", path.string()));
  }
  return held;
}

}  // namespace

RunDir::RunDir(const std::string& path, bool overwrite) : path_(path) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) {
    throw ConfigError("--out " + path, "cannot make this folder" + host_reason(error));
  }
  lock_ = lock(path_);
  if (!overwrite && !fs::is_empty(path_)) {
    throw UsageError(
        fmt::format("--out {}: the folder is not empty; --force writes into it", path));
  }
}

std::string RunDir::file(const std::string& name) const {
  return is_wanted() ? (path_ / name).string() : "";
}

void RunDir::remove_results() const {
  for (const char* name : {"run.json", "stats.json", "stats_intervals.csv", "config.yaml"}) {
    std::error_code ignored;  // mostly there is none
    fs::remove(file(name), ignored);
  }
}

void RunDir::write(const std::string& name, const std::string& text) const {
  write_file(path_ / name, text);
}

void RunDir::replace(const std::string& name, const std::string& text) const {
  const fs::path next = path_ / (name + ".next");
  write_file(next, text);
  std::error_code error;
  fs::rename(next, path_ / name, error);
  if (error) {
    throw ConfigError(path_ / name, "cannot replace this file");
  }
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary);
  if (!stream) {
    throw ConfigError(path, "cannot write this file" + host_reason());
  }
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) {
    throw ConfigError(path, "cannot write this file");
  }
}

}  // namespace tessera::app
