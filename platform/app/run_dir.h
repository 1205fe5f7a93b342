// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace tessera::app {

/// The folder that holds the results of one run (`--out`). Without a name nothing is written.
class RunDir {
 public:
  RunDir() = default;
  /// Creates the folder. Throws UsageError when it holds files already and `overwrite` is false,
  /// when another run is at work in it, or when it cannot be made.
  RunDir(const std::string& path, bool overwrite);

  bool is_wanted() const { return !path_.empty(); }
  std::string text() const { return path_.string(); }
  /// Path of a file in the folder; empty when there is none.
  std::string file(const std::string& name) const;
  /// Removes what an earlier run has written at its end: this one may be killed before its own.
  void remove_results() const;
  /// Replaces a file of the folder. REQUIRES: is_wanted().
  void write(const std::string& name, const std::string& text) const;
  /// The same in one step for readers: they see the old file or the new one, never half of it.
  void replace(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
  std::shared_ptr<void> lock_;  ///< goes with the process, whatever ends it
};

/// Writes a whole file; throws ConfigError when that fails.
void write_file(const std::string& path, const std::string& bytes);

}  // namespace tessera::app
