// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "platform/observe/symbol_table.h"
#include "platform/observe/trace.h"

namespace tessera {

/// Waves (FST, as GTKWave and Surfer read it): of harts `state` ("running", "asleep", the name of a
/// stall), `pc` and `function`; of devices `busy`, how many activities are under way. A cycle is a
/// nanosecond.
class Wave final : public Trace, public HartProbe, public ActivityProbe {
 public:
  /// False in a build without a library for the format.
  static bool is_there();
  /// Throws ConfigError.
  Wave(const std::string& path, const TraceWindow& window, const Observers& observers,
       std::uint32_t num_harts, const SymbolTable& symbols);
  ~Wave() override;

  Probes probes() override { return {this, nullptr, this, nullptr}; }
  void finish(Cycles cycle) override;

  // HartProbe
  bool watches(std::uint32_t hart, Cycles begin, Cycles end) override {
    return harts_[hart].state != 0 && filter_.may_show(begin, end);
  }
  void retired(const RetiredInstruction& instruction) override;
  void stalled(std::uint32_t hart, std::uint32_t pc, StallReason reason, Cycles cycle,
               Cycles cycles) override;
  void fell_asleep(std::uint32_t hart, std::uint32_t pc, Cycles cycle) override;
  void woke_up(std::uint32_t hart, Cycles cycle) override;
  // ActivityProbe
  void begins(const Activity& activity, const std::string& text, Cycles cycle) override;
  void ends(const Activity& activity, Cycles cycle) override;

 private:
  class File;
  void passed(Cycles cycle) override;
  std::uint64_t bytes_written() const override;

  /// What an opening of the window shows first: what went on outside of it, too.
  enum class Keep : std::uint8_t {
    kNot,     ///< written, as the window was open when it was told
    kLatest,  ///< written at the openings to come, and now if the window is open in its cycle
    kNothing  ///< no more; not written
  };
  /// A signal takes a value. Harts run ahead of each other and stalls are told late, so changes are
  /// put in order before they are written.
  struct Change {
    Cycles cycle = 0;
    std::uint64_t order = 0;  ///< of telling
    std::uint32_t signal = 0;
    std::uint32_t value = 0;
    const std::string* text = nullptr;  ///< null: a number
    Keep keep = Keep::kNot;
    bool operator>(const Change& other) const {
      return cycle != other.cycle ? cycle > other.cycle : order > other.order;
    }
  };
  struct Hart {
    std::uint32_t state = 0;  ///< signals; 0: not shown
    std::uint32_t pc = 0;
    std::uint32_t function = 0;
    const CodeRange* range = nullptr;
    const std::string* shown = nullptr;  ///< latest state
    const std::string* shown_function = nullptr;
  };
  struct Device {
    std::uint32_t busy = 0;  ///< signal; 0: not shown
    std::uint32_t running = 0;
  };

  void add_signals(std::uint32_t num_harts);
  void set(std::uint32_t signal, Cycles cycle, std::uint32_t value);
  void set(std::uint32_t signal, Cycles cycle, const std::string& text);
  void push(Change change);
  void take(const Change& change);
  /// Shows what is kept at the openings before `cycle`.
  void open_before(Cycles cycle);
  void write(Change change);
  void show_state(Hart& hart, Cycles cycle, const std::string& text);
  void change_busy(AgentId agent, Cycles cycle, int difference);

  const SymbolTable& symbols_;
  std::unique_ptr<File> file_;
  std::vector<Hart> harts_;
  std::vector<Device> devices_;  ///< by agent
  std::priority_queue<Change, std::vector<Change>, std::greater<>> changes_;
  std::map<std::uint32_t, Change> kept_;  ///< latest, by signal, outside of the window, too
  std::size_t num_openings_ = 0;          ///< that have shown it
  std::set<std::string> parts_;           ///< kinds of activities that are parts of others
  std::uint64_t num_changes_ = 0;
};

}  // namespace tessera
