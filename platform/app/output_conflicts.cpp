// SPDX-License-Identifier: Apache-2.0
#include "platform/app/output_conflicts.h"

#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "platform/app/exit_code.h"

namespace tessera::app {

namespace {

namespace fs = std::filesystem;

struct NamedFile {
  std::string option;  ///< that names it
  fs::path path;
};

std::string text(const NamedFile& file) {
  return fmt::format("{} {}", file.option, file.path.string());
}

/// Of a file that need not be there; empty: the host cannot tell.
fs::path place_of(const fs::path& path) {
  std::error_code error;
  return fs::weakly_canonical(fs::absolute(path, error), error);
}

bool is_same(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (fs::exists(one, error) && fs::exists(other, error)) {
    // Devices and pipes keep nothing.
    return fs::equivalent(one, other, error) && fs::is_regular_file(one, error);
  }
  const fs::path place = place_of(one);
  return !place.empty() && place == place_of(other);
}

/// Logs of harts in the folder of --commit-log are replaced or removed.
bool is_commit_log(const fs::path& folder, const fs::path& file) {
  const std::string name = file.filename();
  return name.rfind("hart_", 0) == 0 && file.extension() == ".zst" &&
         place_of(file) == place_of(folder / name);
}

std::vector<NamedFile> read_files(const RunOptions& options,
                                  const std::vector<std::string>& config_files) {
  std::vector<NamedFile> files{{"the program", options.elf}};
  for (const std::string& file : config_files) {
    files.push_back({"the configuration", file});
  }
  for (const LoadOption& load : options.loads) {
    files.push_back({"--load", load.file});
  }
  if (!options.checks.suppressions.empty()) {
    files.push_back({"--check-suppressions", options.checks.suppressions});
  }
  return files;
}

/// But for the folders' own files.
std::vector<NamedFile> written_files(const RunOptions& options) {
  std::vector<NamedFile> files;
  for (const DumpOption& dump : options.dumps) {
    files.push_back({"--dump", dump.file});
  }
  const auto add = [&files](const char* option, const std::optional<TraceOption>& trace) {
    if (trace) {
      files.push_back({option, trace->path});
    }
  };
  add("--timeline", options.traces.timeline);
  add("--bus-trace", options.traces.bus_trace);
  add("--wave", options.traces.wave);
  return files;
}

/// What lies in the folders that a run writes. The configuration of an earlier run may be read and
/// written again.
std::vector<NamedFile> files_in_folders(const RunOptions& options) {
  std::vector<NamedFile> files;
  const auto add = [&files](const char* option, const std::string& folder,
                            const std::vector<const char*>& names) {
    for (const char* name : names) {
      if (!folder.empty()) {
        files.push_back({option, fs::path(folder) / name});
      }
    }
  };
  add("--out", options.out_dir,
      {"run.json", "stats.json", "stats_intervals.csv", "log.txt", "status.json"});
  add("--profile", options.observation.profile_dir,
      {"profile.txt", "profile.csv", "profile.folded", "callgrind.out.tessera", "coverage.info"});
  return files;
}

void check_differs(const NamedFile& output, const std::vector<NamedFile>& others) {
  for (const NamedFile& other : others) {
    if (is_same(output.path, other.path)) {
      throw UsageError(fmt::format("{}: the run would overwrite {}", text(output), text(other)));
    }
  }
}

}  // namespace

void check_outputs(const RunOptions& options, const std::vector<std::string>& config_files) {
  const std::vector<NamedFile> inputs = read_files(options, config_files);
  std::vector<NamedFile> others = inputs;  // that no output may be
  for (const NamedFile& file : files_in_folders(options)) {
    check_differs(file, inputs);
    others.push_back(file);
  }
  for (const NamedFile& output : written_files(options)) {
    check_differs(output, others);
    others.push_back(output);
  }
  for (const NamedFile& other : others) {
    if (options.traces.commit_log && is_commit_log(options.traces.commit_log->path, other.path)) {
      throw UsageError(fmt::format("--commit-log {}: the run would overwrite {}",
                                   options.traces.commit_log->path, text(other)));
    }
  }
}

}  // namespace tessera::app
