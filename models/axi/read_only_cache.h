// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "models/axi/axi_channel.h"
#include "models/base/memory_port.h"
#include "models/base/read_only_cache_control.h"
#include "models/base/stat.h"

namespace tessera {

/// The read-only cache of an AXI master: tags, pending misses and their timing. A line is one AXI
/// word, so every beat is a lookup of its own.
/// Timing: tag, data, response register: a hit answers 3 cycles after the address came. A miss goes
/// out in its data cycle, and its line through the same response register. One miss of an id at a
/// time; what waits for it blocks everything behind it. A refill takes the memories for a cycle.
/// Two ways; the victim way toggles with every refill. The tags are cleared line by line after
/// reset and after a flush, without answering meanwhile.
/// Source: cluster_icache: snitch_axi_to_cache.sv, snitch_icache_lookup_serial.sv,
/// snitch_icache_handler.sv, snitch_icache_refill.sv; parameters in axi_hier_interco.sv.
/// Limits: holds no data; a load that hits reads memory as it is then.
class ReadOnlyCache {
 public:
  static constexpr std::uint32_t kMaxSources = 256;

  ReadOnlyCache(std::uint32_t bytes, std::uint32_t line_bytes, StatGroup& stats);

  void set_control(const ReadOnlyCacheControl& control, Cycles now);
  /// A read of `address` looks the cache up, rather than passing it by.
  bool covers(std::uint32_t address) const;

  /// The R beat that the cache offers in this cycle; null: none. Ask once per cycle, before step().
  const AxiResponse* response(SocTarget& target, Cycles now);
  void accept_response(Cycles now);
  /// The address of the line that the cache asks for in this cycle; null: none.
  const std::uint32_t* refill_request(Cycles now) const;

  struct Input {
    const AxiRequest* read = nullptr;  ///< an AR for the cache
    bool has_refill = false;           ///< an R beat that answers the oldest refill request
    bool is_refill_request_accepted = false;
  };
  struct Output {
    bool is_read_accepted = false;
    bool is_refill_accepted = false;
  };
  Output step(const Input& input, Cycles now);

  /// No miss under way.
  bool is_idle() const { return num_pending_ == 0; }

 private:
  static constexpr std::uint32_t kNumWays = 2;    ///< ROCacheSets, mempool_pkg.sv
  static constexpr std::uint32_t kMaxReads = 16;  ///< MaxTrans, axi_hier_interco.sv
  static constexpr std::uint32_t kMaxRefills =
      4;  ///< TransactionQueueDepth, snitch_icache_refill.sv

  using Sources = std::bitset<kMaxSources>;
  struct Read {
    AxiRequest request;
    std::uint32_t beats_left = 0;
    bool is_performed = false;
  };
  struct Lookup {
    std::uint32_t line = 0;  ///< address of the line
    std::uint16_t source = 0;
    bool is_hit = false;
    std::uint32_t way = 0;
  };
  struct Miss {
    bool is_valid = false;
    std::uint32_t line = 0;
    Sources sources;
  };
  struct TagWrite {
    bool is_valid = false;
    std::uint32_t line = 0;
    std::uint32_t way = 0;
  };
  struct Tag {
    bool is_valid = false;
    std::uint32_t line = 0;
  };

  void catch_up_flush(Cycles now);
  bool is_waiting_for_miss() const { return missing_[data_.source]; }
  const Miss* find_miss(std::uint32_t line) const;
  const Miss* free_miss() const;
  bool handle_miss(bool is_request_accepted, Cycles now);
  TagWrite handle_refill(Cycles now);
  bool start_lookup(const AxiRequest* read, bool is_ready, Cycles now);
  Lookup look_up(std::uint32_t line, std::uint16_t source) const;
  Tag& tag(std::uint32_t line, std::uint32_t way) {
    return tags_[line / line_bytes_ % num_lines_ * kNumWays + way];
  }
  void write_tag(const TagWrite& write);
  void respond(const Sources& sources, Cycles now);

  const std::uint32_t line_bytes_;
  const std::uint32_t num_lines_;  ///< per way
  ReadOnlyCacheControl control_;
  Cycles flushing_from_ = 0;
  Cycles cleared_at_;  ///< first cycle in which the tags are usable

  // snitch_axi_to_cache: reads under way in their order, and the line that is being handed out.
  std::vector<Read> reads_;
  RegisteredCount num_reads_;
  AxiRequest burst_;  ///< a burst that is being cut into lines; beats: lines still to look up
  bool is_bursting_ = false;
  ChannelRegister<Sources> line_responses_;
  Sources answered_;  ///< of the front of line_responses_
  std::size_t response_read_ = 0;
  AxiResponse response_;

  // snitch_icache_lookup_serial.
  std::vector<Tag> tags_;
  bool has_tag_ = false;
  Lookup tag_;
  bool has_data_ = false;
  Lookup data_;

  // snitch_icache_handler, snitch_icache_refill.
  std::array<Miss, kMaxReads> misses_{};
  std::uint32_t num_pending_ = 0;
  RegisterFifo<std::uint8_t, kMaxRefills> refills_;  ///< misses in the order of their requests
  Sources missing_;                                  ///< ids with a miss
  std::uint32_t victim_ = 0;
  bool is_locked_ = false;
  bool is_refill_selected_ = false;
  bool is_refill_answered_ = false;
  bool is_refill_written_ = false;

  std::uint64_t lookups_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_merged_ = 0;
  std::uint64_t refills_done_ = 0;
  std::uint64_t stall_cycles_ = 0;
};

}  // namespace tessera
