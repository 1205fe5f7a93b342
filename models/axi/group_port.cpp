// SPDX-License-Identifier: Apache-2.0
#include "models/axi/group_port.h"

namespace tessera {

GroupPort::GroupPort(std::uint8_t index, const GroupMux& group_mux,
                     std::uint32_t read_only_cache_bytes, std::uint32_t axi_bytes,
                     SocTarget& target, StatGroup& stats)
    : mux(group_mux),
      index_(index),
      target_(target),
      cache_(read_only_cache_bytes, axi_bytes, stats.add_group("read_only_cache")),
      demux_(mux.num_sources(), kMaxPerId) {
  stats.add("read_beats", "count", "R beats from the system", &read_beats_);
  stats.add("write_beats", "count", "W beats to the system", &write_beats_);
  stats.add("busy_cycles", "cycles", "cycles with a transaction in flight", &busy_cycles_);
}

void GroupPort::step(Cycles now) {
  ++busy_cycles_;
  step_read_responses(now);
  step_write_responses(now);
  step_addresses(now);
  step_data(now);
  mux.step(now);
}

void GroupPort::step_read_responses(Cycles now) {
  const bool has_beat = cut.read_responses.has(now);
  is_refill_response_ =
      has_beat && remap_.read_source(cut.read_responses.front().source) == kRefillSource;
  const bool is_bypass = has_beat && !is_refill_response_;
  const AxiResponse* cached = cache_.response(target_, now);
  if (!is_bypass && cached == nullptr) {
    return;
  }
  const std::uint32_t winner = demux_.read_arbiter().winner(
      std::uint64_t{is_bypass} << kBypass | std::uint64_t{cached != nullptr} << kCache);
  if (!mux.channels.read_responses.can_push(now)) {
    demux_.read_arbiter().hold();
    return;
  }
  demux_.read_arbiter().accept();
  AxiResponse response;
  if (winner == kCache) {
    response = *cached;
    cache_.accept_response(now);
  } else {
    response = cut.read_responses.front();
    const std::uint16_t id = response.source;
    response.source = remap_.read_source(id);
    if (response.is_last) {
      remap_.close_read(id, now);
    }
    cut.read_responses.pop(now);
    ++read_beats_;
  }
  if (response.is_last) {
    demux_.close_read(response.source, now);
  }
  mux.channels.read_responses.push(response, now);
}

void GroupPort::step_write_responses(Cycles now) {
  if (!cut.write_responses.has(now) || !mux.channels.write_responses.can_push(now)) {
    return;
  }
  AxiResponse response = cut.write_responses.front();
  response.source = remap_.close_write(response.source, now);
  demux_.close_write(response.source, now);
  cut.write_responses.pop(now);
  mux.channels.write_responses.push(response, now);
}

void GroupPort::step_addresses(Cycles now) {
  // What is at the outputs of the mux's registers, and where it shows.
  const AxiRequest* read = mux.channels.reads.has(now) ? &mux.channels.reads.front() : nullptr;
  if (read != nullptr) {
    if (!is_read_waiting_) {
      read_target_ = !read->is_exclusive && cache_.covers(read->address) ? kCache : kBypass;
    }
    if (!demux_.presents_read(*read, read_target_, now)) {
      is_read_waiting_ = true;
      read = nullptr;
    }
  }
  const AxiRequest* write = mux.channels.writes.has(now) ? &mux.channels.writes.front() : nullptr;
  if (write != nullptr && !demux_.presents_write(*write, kBypass, now)) {
    write = nullptr;
  }

  // Direct reads and refills meet in front of the remapper.
  const std::uint32_t* refill_line = cache_.refill_request(now);
  if (refill_line != nullptr) {
    refill_.address = *refill_line;
    refill_.source = kRefillSource;
  }
  const AxiRequest* bypass = read != nullptr && read_target_ == kBypass ? read : nullptr;
  const std::uint64_t requests =
      std::uint64_t{bypass != nullptr} << kBypass | std::uint64_t{refill_line != nullptr} << kCache;
  const std::uint32_t winner = requests != 0 ? read_arbiter_.winner(requests) : kNumTargets;
  IdRemap::Input shown;
  shown.read = winner == kBypass ? bypass : winner == kCache ? &refill_ : nullptr;
  shown.write = write;
  const IdRemap::Output output = remap_.present(shown, now);
  const bool is_read_out = output.has_read && cut.reads.can_push(now);
  const bool is_write_out = output.has_write && cut.writes.can_push(now);
  remap_.accept(output, is_read_out, is_write_out);
  if (is_read_out) {
    AxiRequest request = *shown.read;
    request.source = output.read_id;
    request.master = index_;
    cut.reads.push(request, now);
    read_arbiter_.accept();
  } else if (winner != kNumTargets) {
    read_arbiter_.hold();
  }
  if (is_write_out) {
    AxiRequest request = *write;
    request.source = output.write_id;
    request.master = index_;
    cut.writes.push(request, now);
    demux_.accept_write(*write, kBypass, now);
    mux.channels.writes.pop(now);
  }

  ReadOnlyCache::Input input;
  input.read = read != nullptr && read_target_ == kCache ? read : nullptr;
  input.has_refill = is_refill_response_;
  input.is_refill_request_accepted = is_read_out && winner == kCache;
  const ReadOnlyCache::Output cached = cache_.step(input, now);
  if (cached.is_refill_accepted) {
    remap_.close_read(cut.read_responses.front().source, now);
    cut.read_responses.pop(now);
    ++read_beats_;
  }
  const bool is_read_accepted = cached.is_read_accepted || (is_read_out && winner == kBypass);
  if (read != nullptr) {
    is_read_waiting_ = !is_read_accepted;
  }
  if (is_read_accepted) {
    demux_.accept_read(*read, read_target_, now);
    mux.channels.reads.pop(now);
  }
}

void GroupPort::step_data(Cycles now) {
  if (!mux.channels.data.has(now) || !demux_.presents_data() || !cut.data.can_push(now)) {
    return;
  }
  const bool is_last = mux.channels.data.front();
  if (is_last) {
    demux_.accept_last_data(now);
  }
  cut.data.push(is_last, now);
  mux.channels.data.pop(now);
  ++write_beats_;
}

}  // namespace tessera
