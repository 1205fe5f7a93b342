// SPDX-License-Identifier: Apache-2.0
#include "platform/app/guest_places.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/base/text.h"

namespace tessera::app {

namespace {

std::string with_source(const std::string& function, const SourceLine& source) {
  return source.file.empty() ? function
                             : fmt::format("{} ({}:{})", function, source.file, source.line);
}

}  // namespace

GuestPlaces::GuestPlaces(Soc& soc, const ElfImage& program, const AddressMap& map,
                         const SocConfig& config)
    : soc_(soc),
      program_(program),
      map_(map),
      names_(program.symbols, program.lines),
      stack_bytes_(config.cluster.sequential_bytes_per_core) {}

std::uint32_t GuestPlaces::pc(std::uint32_t hart) const {
  const HartState& state = soc_.hart(hart);
  return state.activity == HartActivity::kAsleep ? state.pc - 4 : state.pc;
}

std::vector<std::uint32_t> GuestPlaces::callers(std::uint32_t hart, std::uint32_t pc) const {
  StackedHart stacked;
  std::copy_n(soc_.hart(hart).x.begin(), stacked.x.size(), stacked.x.begin());
  stacked.pc = pc;
  std::vector<std::uint32_t> callers =
      program_.call_stack.callers(stacked, [this](std::uint32_t address, std::uint32_t& word) {
        return soc_.memory().read(address, &word, sizeof word);
      });
  // What is no code is no caller: the stack is broken, or begins here. Nor is the function itself,
  // unless it is recursive: a return address left over from an earlier call.
  const CodeRange* here = program_.symbols.function_at(pc);
  const auto is_wrong = [&](std::uint32_t caller) {
    const CodeRange* function = program_.symbols.function_at(caller);
    return function == nullptr || (function == here && callers.size() == 1);
  };
  callers.erase(std::find_if(callers.begin(), callers.end(), is_wrong), callers.end());
  return callers;
}

std::string GuestPlaces::function(std::uint32_t pc) const {
  const CodeRange* function = program_.symbols.function_at(pc);
  const std::vector<InlinedFrame> frames = program_.lines.frames(pc);
  const SourceLine* line = program_.lines.find(pc);
  const SourceLine source = !frames.empty()   ? frames.back().source
                            : line != nullptr ? *line
                                              : SourceLine{};
  if (function != nullptr) {
    return with_source(function->name, source);
  }
  const MapRange* range = map_.find(pc);
  return with_source(fmt::format("0x{:08x}{}", pc, range == nullptr ? "" : " of " + range->name),
                     source);
}

std::vector<std::string> GuestPlaces::frames(std::uint32_t pc) const {
  const std::vector<InlinedFrame> frames = program_.lines.frames(pc);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    texts.push_back(with_source(frames[i].function, frames[i].source));
  }
  texts.push_back(function(pc));
  return texts;
}

std::string GuestPlaces::inlined(std::uint32_t pc) const {
  std::vector<std::string> texts = frames(pc);
  texts.pop_back();
  return join(texts, " < ");
}

std::string GuestPlaces::call_text(const std::vector<std::uint32_t>& callers) const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < callers.size();) {
    std::size_t end = i + 1;  // of a recursion
    while (end < callers.size() && callers[end] == callers[i]) {
      ++end;
    }
    texts.push_back(join(frames(callers[i]), " < "));
    if (end - i > 1) {
      texts.back() += fmt::format(" {} times", end - i);
    }
    i = end;
  }
  if (callers.size() == CallStack::kMaxFrames) {
    texts.push_back("...");
  }
  return join(texts, " < ");
}

std::string GuestPlaces::address(std::uint32_t address) const {
  const MapRange* range = map_.find(address);
  if (range == nullptr) {
    return "nothing is mapped there";
  }
  const std::string symbol = program_.symbols.describe_nearest(address);
  if (!symbol.empty()) {
    return fmt::format("in {}, {}", range->name, symbol);
  }
  if (range->target == AddressTarget::kL1 && address / stack_bytes_ < soc_.num_harts()) {
    return fmt::format("in {}, stack of hart {}", range->name, address / stack_bytes_);
  }
  return fmt::format("in {}, {:#x} bytes from its base", range->name, address - range->base);
}

}  // namespace tessera::app
