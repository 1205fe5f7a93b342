// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tessera::debug {

/// GDB's `monitor` commands: words in, text for the user out.
class Monitor {
 public:
  using Words = std::vector<std::string>;
  struct Command {
    std::string name;
    std::string arguments;  ///< "<cycle>", "[list]", ""
    std::string help;       ///< one line
    /// Gets the words behind the name; gives the text, or nothing when they are not understood.
    std::function<std::optional<std::string>(const Words&)> run;
  };

  void add(Command command) { commands_.push_back(std::move(command)); }
  /// What a line of the user leads to; every text ends with a line feed.
  std::string execute(const std::string& line) const;

 private:
  std::string help() const;

  std::vector<Command> commands_;
};

}  // namespace tessera::debug
