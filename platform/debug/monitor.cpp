// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/monitor.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "models/base/text.h"

namespace tessera::debug {

std::string Monitor::help() const {
  std::string text = "Commands:\n";
  for (const Command& command : commands_) {
    text += fmt::format("  {:<22} {}\n",
                        command.name + (command.arguments.empty() ? "" : " " + command.arguments),
                        command.help);
  }
  return text;
}

std::string Monitor::execute(const std::string& line) const {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  if (words.empty() || words.front() == "help") {
    return help();
  }
  const std::string name = words.front();
  words.erase(words.begin());
  const auto command = std::find_if(commands_.begin(), commands_.end(),
                                    [&](const Command& one) { return one.name == name; });
  if (command == commands_.end()) {
    std::vector<std::string> names{"help"};
    for (const Command& one : commands_) {
      names.push_back(one.name);
    }
    const std::string near = nearest_spelling(name, names);
    return fmt::format("no command '{}'{}; 'monitor help' lists them\n", name,
                       near.empty() ? "" : fmt::format(", did you mean '{}'?", near));
  }
  std::string text = command->run(words).value_or(
      fmt::format("usage: monitor {} {}", command->name, command->arguments));
  if (text.empty() || text.back() != '\n') {
    text += '\n';
  }
  return text;
}

}  // namespace tessera::debug
