// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/code_names.h"

#include <vector>

#include <fmt/format.h>

namespace tessera {

namespace {

std::string with_source(const std::string& name, const std::string& source) {
  if (name.empty() || source.empty()) {
    return name + source;
  }
  return fmt::format("{} ({})", name, source);
}

std::string text(const SourceLine& source) {
  return source.file.empty() ? "" : fmt::format("{}:{}", source.file, source.line);
}

}  // namespace

std::string CodeNames::line_text(std::uint32_t pc) const {
  const SourceLine* source = lines_.find(pc);
  return source == nullptr ? "" : text(*source);
}

std::string CodeNames::describe(std::uint32_t pc) const {
  return with_source(symbols_.describe(pc), line_text(pc));
}

std::string CodeNames::describe_inlined(std::uint32_t pc) const {
  const std::vector<InlinedFrame> frames = lines_.frames(pc);
  if (frames.size() < 2) {
    return describe(pc);
  }
  std::string source;
  for (const InlinedFrame& frame : frames) {
    source +=
        fmt::format("{}{} {}", source.empty() ? "" : " in ", frame.function, text(frame.source));
  }
  return with_source(symbols_.describe(pc), source);
}

}  // namespace tessera
