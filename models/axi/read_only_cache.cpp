// SPDX-License-Identifier: Apache-2.0
#include "models/axi/read_only_cache.h"

#include <algorithm>

namespace tessera {

ReadOnlyCache::ReadOnlyCache(std::uint32_t bytes, std::uint32_t line_bytes, StatGroup& stats)
    : line_bytes_(line_bytes),
      num_lines_(bytes / line_bytes / kNumWays),
      cleared_at_(num_lines_),
      tags_(num_lines_ * kNumWays) {
  reads_.reserve(kMaxReads);
  stats.add("lookups", "count", "lines looked up", &lookups_);
  stats.add("hits", "count", "lookups that found their line", &hits_);
  stats.add("misses", "count", "lookups that did not", [this] { return lookups_ - hits_; });
  stats.add("merged_misses", "count", "misses of a line already asked for", &misses_merged_);
  stats.add("refills", "count", "lines read from the system", &refills_done_);
  stats.add("stall_cycles", "cycles", "cycles in which a lookup waited for the miss handler",
            &stall_cycles_);
}

void ReadOnlyCache::set_control(const ReadOnlyCacheControl& control, Cycles now) {
  catch_up_flush(now);
  if (!control_.is_flushing) {
    flushing_from_ = now;
  }
  control_ = control;
}

void ReadOnlyCache::catch_up_flush(Cycles now) {
  const Cycles first = std::max(cleared_at_, flushing_from_);
  if (!control_.is_flushing || first >= now) {
    return;
  }
  // While the level is set, clearing starts again one cycle after it has ended.
  const Cycles period = num_lines_ + 1;
  cleared_at_ = first + (now - 1 - first) / period * period + period;
  std::fill(tags_.begin(), tags_.end(), Tag{});
}

bool ReadOnlyCache::covers(std::uint32_t address) const {
  return control_.is_enabled &&
         std::any_of(control_.regions.begin(), control_.regions.end(),
                     [=](const auto& region) { return region.contains(address); });
}

const AxiResponse* ReadOnlyCache::response(SocTarget& target, Cycles now) {
  if (!line_responses_.can_pop(now)) {
    return nullptr;
  }
  const auto source =
      static_cast<std::uint16_t>((line_responses_.front() & ~answered_)._Find_first());
  response_read_ = 0;
  while (reads_[response_read_].request.source != source) {
    ++response_read_;
  }
  Read& read = reads_[response_read_];
  if (read.request.hart != nullptr && !read.is_performed) {
    read.is_performed = perform(target, *read.request.hart, now);
    if (!read.is_performed) {
      return nullptr;
    }
  }
  response_ = response_to(read.request, read.beats_left == 1);
  return &response_;
}

void ReadOnlyCache::accept_response(Cycles now) {
  Read& read = reads_[response_read_];
  answered_.set(read.request.source);
  if (--read.beats_left == 0) {
    reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(response_read_));
    num_reads_.add(-1, now);
  }
  if ((line_responses_.front() & ~answered_).none()) {
    line_responses_.pop(now);
    answered_.reset();
  }
}

const ReadOnlyCache::Miss* ReadOnlyCache::find_miss(std::uint32_t line) const {
  const auto* miss = std::find_if(misses_.begin(), misses_.end(), [=](const Miss& entry) {
    return entry.is_valid && entry.line == line;
  });
  return miss != misses_.end() ? miss : nullptr;
}

const ReadOnlyCache::Miss* ReadOnlyCache::free_miss() const {
  const auto* miss = std::find_if(misses_.begin(), misses_.end(),
                                  [](const Miss& entry) { return !entry.is_valid; });
  return miss != misses_.end() ? miss : nullptr;
}

const std::uint32_t* ReadOnlyCache::refill_request(Cycles now) const {
  const bool is_new_miss =
      has_data_ && !data_.is_hit && !is_waiting_for_miss() && find_miss(data_.line) == nullptr;
  return is_new_miss && free_miss() != nullptr && refills_.can_push(now) ? &data_.line : nullptr;
}

bool ReadOnlyCache::handle_miss(bool is_request_accepted, Cycles now) {
  if (const Miss* miss = find_miss(data_.line)) {
    misses_[static_cast<std::size_t>(miss - misses_.data())].sources.set(data_.source);
    ++misses_merged_;
  } else if (is_request_accepted) {
    const auto index = static_cast<std::size_t>(free_miss() - misses_.data());
    misses_[index] = {true, data_.line, {}};
    misses_[index].sources.set(data_.source);
    refills_.push(static_cast<std::uint8_t>(index), now);
    ++num_pending_;
  } else {
    return false;
  }
  missing_.set(data_.source);
  return true;
}

void ReadOnlyCache::respond(const Sources& sources, Cycles now) {
  line_responses_.push(sources, now);
  missing_ &= ~sources;
}

ReadOnlyCache::TagWrite ReadOnlyCache::handle_refill(Cycles now) {
  Miss& miss = misses_[refills_.front()];
  TagWrite write;
  if (!is_refill_written_ && now >= cleared_at_) {
    write = {true, miss.line, victim_};
    is_refill_written_ = true;
  }
  if (!is_refill_answered_ && line_responses_.can_push(now)) {
    respond(miss.sources, now);
    miss.sources.reset();
    is_refill_answered_ = true;
  }
  is_locked_ = !(is_refill_written_ && is_refill_answered_);
  if (!is_locked_) {
    is_refill_written_ = false;
    is_refill_answered_ = false;
    miss.is_valid = false;
    refills_.pop(now);
    --num_pending_;
    victim_ ^= 1;
    ++refills_done_;
  }
  return write;
}

ReadOnlyCache::Output ReadOnlyCache::step(const Input& input, Cycles now) {
  Output output;
  if (input.read == nullptr && !input.has_refill && !has_tag_ && !has_data_ && !is_bursting_) {
    return output;
  }
  catch_up_flush(now);
  const bool is_hit = has_data_ && data_.is_hit && !is_waiting_for_miss();
  bool is_data_done = !has_data_;
  if (has_data_ && !data_.is_hit && !is_waiting_for_miss()) {
    is_data_done = handle_miss(input.is_refill_request_accepted, now);
  }
  // A hit goes before a refill, unless that has begun.
  if (!is_locked_) {
    is_refill_selected_ = !is_hit && input.has_refill;
  }
  TagWrite write;
  if (is_refill_selected_) {
    write = handle_refill(now);
    output.is_refill_accepted = !is_locked_;
  } else if (is_hit) {
    is_data_done = line_responses_.can_push(now);
    is_locked_ = !is_data_done;
    if (is_data_done) {
      respond(Sources{}.set(data_.source), now);
      ++hits_;
    }
  }
  stall_cycles_ += !is_data_done;

  const bool is_refill_hit = write.is_valid && has_tag_ && write.line == tag_.line;
  const bool is_tag_done = is_data_done && (!write.is_valid || is_refill_hit);
  const bool may_start = (!has_tag_ || is_tag_done) && !write.is_valid && now >= cleared_at_;
  if (is_tag_done) {
    has_data_ = has_tag_;
    data_ = tag_;
    data_.is_hit = data_.is_hit || is_refill_hit;
    has_tag_ = false;
  } else if (is_data_done) {
    has_data_ = false;
  }
  if (write.is_valid) {
    write_tag(write);
  }
  output.is_read_accepted = start_lookup(input.read, may_start, now);
  return output;
}

void ReadOnlyCache::write_tag(const TagWrite& write) {
  Tag& written = tag(write.line, write.way);
  // The lookup that the write holds up may just lose the line that it found.
  if (has_tag_ && tag_.is_hit && tag_.way == write.way && &tag(tag_.line, tag_.way) == &written) {
    tag_.is_hit = false;
  }
  written = {true, write.line};
}

ReadOnlyCache::Lookup ReadOnlyCache::look_up(std::uint32_t line, std::uint16_t source) const {
  Lookup lookup{line, source, false, 0};
  for (std::uint32_t way = kNumWays; way-- != 0;) {
    const Tag& entry = tags_[line / line_bytes_ % num_lines_ * kNumWays + way];
    if (entry.is_valid && entry.line == line) {
      lookup.is_hit = true;
      lookup.way = way;
    }
  }
  return lookup;
}

bool ReadOnlyCache::start_lookup(const AxiRequest* read, bool is_ready, Cycles now) {
  // A burst is taken at once and cut into lines; a single beat waits until it is looked up.
  bool is_accepted = false;
  if (!is_bursting_) {
    if (read == nullptr || num_reads_.at_start(now) == kMaxReads ||
        (read->beats == 1 && !is_ready)) {
      return false;
    }
    is_accepted = true;
    reads_.push_back({*read, read->beats, false});
    num_reads_.add(1, now);
    burst_ = *read;
    burst_.address = read->address / line_bytes_ * line_bytes_;
    is_bursting_ = true;
  }
  if (is_ready) {
    tag_ = look_up(burst_.address, burst_.source);
    has_tag_ = true;
    ++lookups_;
    burst_.address += line_bytes_;
    is_bursting_ = --burst_.beats != 0;
  }
  return is_accepted;
}

}  // namespace tessera
