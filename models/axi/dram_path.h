// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>

#include "models/axi/axi_channel.h"
#include "models/axi/axi_crossbar.h"
#include "models/axi/axi_slave.h"
#include "models/axi/dram_timing.h"
#include "models/base/memory_port.h"
#include "models/base/stat.h"

namespace tessera {

/// L2 as DRAM: a crossbar from the masters to the channels, each a queue in front of a DRAM.
/// Timing: i_dram_xbar of mempool_system.sv (register at the channels' ports); a channel takes a
/// beat per cycle into its queue, DramTiming says when it is done, R beats and B leave in the order
/// of their arrival. Channels interleave by `interleave_words` AXI words
/// (dram_axi_width_interleaved, config.mk).
/// Limits: the RTL ends in an external simulator (axi_dram_sim), so there is no reference for the
/// cycles behind the crossbar. Accesses of harts take effect when the queue takes them. An atomic
/// is a read and a write.
class DramPath : public AxiSlave {
 public:
  DramPath(std::uint32_t num_masters, std::uint32_t num_channels, std::uint32_t axi_bytes,
           const DramParameters& dram, std::uint32_t core_khz, SocTarget& target, StatGroup& stats);

  const AxiResponse* read_response(std::uint32_t master, Cycles now) override {
    return crossbar_.read_response(master, now);
  }
  const AxiResponse* write_response(std::uint32_t master, Cycles now) override {
    return crossbar_.write_response(master, now);
  }
  void end_read_response(std::uint32_t master, bool is_accepted, Cycles now) override {
    crossbar_.end_read_response(master, is_accepted, now);
  }
  void end_write_response(std::uint32_t master, bool is_accepted, Cycles now) override {
    crossbar_.end_write_response(master, is_accepted, now);
  }
  void show(std::uint32_t master, const Shown& shown, Cycles now) override {
    crossbar_.show(master, shown, now);
  }
  Accepted accepted(std::uint32_t master) const override { return crossbar_.accepted(master); }
  void step(Cycles now) override;

 private:
  static constexpr std::uint32_t kInterleaveWords = 16;
  static constexpr std::uint32_t kMaxPerId = 7;    ///< 2^n - 1 for MaxMstTrans = 8 of i_dram_xbar
  static constexpr std::size_t kQueueBeats = 128;  ///< RequestBufferSize, mc_hbm2e_fr_fcfs_grp

  class Interleaving : public AxiCrossbar::Decoder {
   public:
    Interleaving(std::uint32_t num_channels, std::uint32_t bytes)
        : num_channels_(num_channels), bytes_(bytes) {}
    std::uint32_t target_of(std::uint32_t address) const override {
      return address / bytes_ % num_channels_;
    }
    /// The address inside the channel.
    std::uint32_t inside(std::uint32_t address) const {
      return address / (bytes_ * num_channels_) * bytes_ + address % bytes_;
    }

   private:
    const std::uint32_t num_channels_;
    const std::uint32_t bytes_;
  };
  /// What leaves a channel, not before `due`.
  struct Due {
    AxiResponse response;
    Cycles due = 0;
  };
  struct Channel {
    Channel(const DramParameters& dram, std::uint32_t core_khz, StatGroup& stats)
        : timing(dram, core_khz, stats) {}
    DramTiming timing;
    AxiRequest read;  ///< the burst under way
    AxiRequest write;
    std::uint32_t reads_left = 0;
    std::uint32_t writes_left = 0;
    std::deque<Due> read_responses;
    std::deque<Due> write_responses;
    std::deque<Cycles> queue;  ///< when its beats are done
  };

  void step_channel(Channel& channel, AxiChannels& port, Cycles now);
  void take_read(Channel& channel, AxiChannels& port, Cycles now);
  void take_write(Channel& channel, AxiChannels& port, Cycles now);
  Cycles access(Channel& channel, AxiRequest& burst, bool is_write, Cycles now);

  const std::uint32_t axi_bytes_;
  SocTarget& target_;
  const Interleaving interleaving_;
  AxiCrossbar crossbar_;
  std::deque<Channel> channels_;
};

}  // namespace tessera
