// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::ita {

/// A streamer of the HWPE wrapper with the FIFO between it and the port: a source brings words of
/// the port's width from memory, a sink takes them there. Timing only: whoever owns it keeps the
/// data. All of a cycle goes by the state at its start.
/// Source: hci_core_source.sv, hci_core_sink.sv, hci_core_fifo.sv, hwpe_stream_addressgen_v3.sv at
/// the revisions of ITA's Bender.lock.
class Streamer {
 public:
  enum class Kind : std::uint8_t { kSource, kSink };
  /// What happens around the streamer in a cycle.
  struct Inputs {
    bool start = false;    ///< REQUIRES: is_idle()
    bool stream = false;   ///< source: a word is taken if there is one; sink: there is one
    bool granted = false;  ///< the port has made an access of this streamer
  };

  explicit Streamer(Kind kind) : kind_(kind) {}

  /// For the next start.
  void set_length(std::uint32_t accesses) { length_ = accesses; }
  bool is_idle() const { return state_ == State::kIdle; }
  /// Source: all words have been delivered; for one cycle.
  bool is_done() const { return state_ == State::kDone && addresses_ == 0 && moved_ == length_; }
  /// No access waits, and no answer.
  bool is_fifo_empty() const { return requests_ == 0 && answers_ == 0; }
  /// Wants the port in this cycle; `stream` as in Inputs.
  bool wants_access(bool stream) const {
    // The FIFO of answers must have a place for one more.
    const bool is_drained = kind_ == Kind::kSink || stream;
    return requests_ > 0 && answers_ < kFifoPlaces &&
           (answers_ == 0 || !is_answered_ || is_drained);
  }
  /// Source: a word stands at the stream.
  bool has_word() const { return answers_ > 0; }
  /// Sink: takes the word that stands at the stream.
  bool takes_word() const { return !is_idle() && addresses_ > 0 && requests_ < kFifoPlaces; }
  /// Accesses made since start.
  std::uint32_t accesses() const { return accesses_; }

  void step(const Inputs& inputs);
  void clear() { *this = Streamer(kind_); }

 private:
  enum class State : std::uint8_t { kIdle, kWorking, kDone };
  static constexpr std::uint32_t kFifoPlaces = 2;

  /// Returns true when all addresses have been made.
  bool generate(bool is_taken);

  Kind kind_;
  State state_ = State::kIdle;
  std::uint32_t length_ = 0;     ///< accesses
  std::uint32_t generated_ = 0;  ///< addresses
  std::uint32_t moved_ = 0;      ///< words at the stream
  std::uint32_t accesses_ = 0;
  bool has_address_ = false;  ///< at the output of the address generator
  std::uint32_t addresses_ = 0;
  std::uint32_t requests_ = 0;
  std::uint32_t answers_ = 0;
  bool is_answered_ = false;  ///< an answer comes from the port in this cycle
};

}  // namespace tessera::ita
