// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_frames.h"

#include <cstring>

namespace tessera {

void CommitFrames::compress(std::string_view prefix, const BlockLog& log, std::vector<char>& out) {
  forget();
  ++frame_number_;
  prefix_ = prefix;
  values_ = log.values_end();
  frame_.begin(out);
  if (log.is_empty()) {
    frame_.end("");
    return;
  }
  // Lines are added with the next one's prefix behind them; the last one has none.
  frame_.add_text(prefix);
  const BlockLog::Run* const last = log.end() - 1;
  for (const BlockLog::Run* run = log.begin(); run != last; ++run) {
    add_run(*run);
  }
  add_run({last->block, last->first, last->count - 1});
  fill_text(known_block(*last->block).lines[last->first + last->count - 1]->line);
  frame_.end(text_);
}

void CommitFrames::forget() {
  constexpr std::size_t kMaxLines = 1u << 16;
  if (num_lines_ > kMaxLines) {  // code that changes, or very much of it
    blocks_.clear();
    lines_.clear();
    shapes_.clear();
    recent_.fill({});
    num_lines_ = 0;
  }
}

CommitFrames::KnownBlock& CommitFrames::known_block(const CodeBlock& block) {
  Recent& recent =
      recent_[reinterpret_cast<std::uintptr_t>(&block) / sizeof block % recent_.size()];
  if (recent.block != &block) {
    KnownBlock& known = blocks_[&block];
    if (known.lines.empty()) {
      add_lines(block, known);
    }
    recent = {&block, &known};
  }
  return *recent.known;
}

void CommitFrames::add_lines(const CodeBlock& block, KnownBlock& known) {
  std::uint32_t pc = block.pc;
  known.parts.push_back(known.text.end());
  for (const InstructionForm& form : block.instructions) {
    KnownLine& line = known_line({pc, form});
    known.lines.push_back(&line);
    std::uint32_t at = 0;
    for (const CommitLine::Place& place : line.line.places) {
      known.text.add_text(place.at - at);
      known.text.add_number(place.digits);
      at = place.at + place.digits;
    }
    known.text.add_text(line.line.text.size() - at + prefix_.size());
    known.parts.push_back(known.text.end());
    pc += 4;
  }
  known.last_runs.resize(known.lines.size());
  num_lines_ += known.lines.size();
}

CommitFrames::KnownLine& CommitFrames::known_line(const CommitKey& key) {
  const auto found = lines_.find(key);
  if (found != lines_.end()) {
    return found->second;
  }
  CommitKey shape{0, key.form};
  shape.form.raw = 0;
  return lines_.insert({key, {CommitLine(key), {}, &shapes_[shape]}}).first->second;
}

bool CommitFrames::can_repeat(const Place& place) const {
  return place.frame == frame_number_ && frame_.size() - place.at <= ZstdFrame::kMaxDistance;
}

void CommitFrames::add_run(const BlockLog::Run& run) {
  if (run.count == 0) {
    return;
  }
  KnownBlock& block = known_block(*run.block);
  const NumberedText::Part& begin = block.parts[run.first];
  const NumberedText::Part& end = block.parts[run.first + run.count];
  LastRun& last = block.last_runs[run.first];
  const LastRun next{here(), run.count, values_};
  const bool is_in_reach = can_repeat(last.place);
  if (!is_in_reach || run.count > last.count) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      add_line(*block.lines[run.first + i]);
    }
  } else {
    const std::uint32_t distance = next.place.at - last.place.at;
    const std::uint32_t num_bytes = end.num_bytes - begin.num_bytes;
    values_ -= num_bytes;
    // Loops that wait do the same each time.
    if (std::memcmp(values_, last.values - num_bytes, num_bytes) == 0) {
      frame_.repeat(distance, end.length - begin.length);
    } else {
      frame_.repeat(distance, block.text, begin, end, last.values, next.values);
    }
  }
  if (!is_in_reach || run.count >= last.count) {
    last = next;
  }
}

void CommitFrames::add_line(KnownLine& line) {
  const Place begin = here();
  if (can_repeat(line.place)) {
    repeat_line(line.line, line.place, true);
    return;
  }
  if (can_repeat(*line.place_of_shape)) {
    repeat_line(line.line, *line.place_of_shape, false);
  } else {
    fill_text(line.line);
    frame_.add_text(text_ += prefix_);
    *line.place_of_shape = begin;
  }
  line.place = begin;
}

void CommitFrames::repeat_line(const CommitLine& line, const Place& place, bool is_same) {
  const std::uint32_t distance = frame_.size() - place.at;
  std::uint32_t at = 0;
  const auto add_number = [&](std::uint32_t begin, unsigned digits, const std::uint8_t* bytes) {
    if (begin != at) {
      frame_.repeat(distance, begin - at);
    }
    frame_.add_number(bytes, digits / 2);
    at = begin + digits;
  };
  if (!is_same) {
    add_number(CommitLine::kPcAt, 8, reinterpret_cast<const std::uint8_t*>(&line.key.pc));
    add_number(CommitLine::kRawAt, 8, reinterpret_cast<const std::uint8_t*>(&line.key.form.raw));
  }
  for (const CommitLine::Place& value : line.places) {
    values_ -= value.digits / 2;
    add_number(value.at, value.digits, values_);
  }
  frame_.repeat(distance, static_cast<std::uint32_t>(line.text.size() + prefix_.size()) - at);
}

void CommitFrames::fill_text(const CommitLine& line) {
  text_ = line.text;
  for (const CommitLine::Place& value : line.places) {
    write_digits(values_, value.digits / 2, text_.data() + value.at);
    values_ -= value.digits / 2;
  }
}

}  // namespace tessera
