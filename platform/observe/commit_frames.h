// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/base/block_log.h"
#include "platform/observe/commit_line.h"
#include "platform/observe/zstd_frame.h"

namespace tessera {

/// Makes zstd frames of the commit log's lines. The lines of a block are those of the last time but
/// for the values, so that they are never written as text.
class CommitFrames {
 public:
  /// Puts the lines of `log`, behind `prefix`, into `out`. The same log gives the same bytes,
  /// whatever came before.
  void compress(std::string_view prefix, const BlockLog& log, std::vector<char>& out);

 private:
  /// Where something stands in the frame under way.
  struct Place {
    std::uint32_t frame = 0;  ///< its number; another one: it stands nowhere
    std::uint32_t at = 0;
  };
  struct KnownLine {
    CommitLine line;
    Place place;
    Place* place_of_shape;  ///< of a line that differs in pc and instruction word only
  };
  /// A run of a block.
  struct LastRun {
    Place place;
    std::uint32_t count = 0;
    const std::uint8_t* values = nullptr;  ///< end of its values
  };
  struct KnownBlock {
    std::vector<KnownLine*> lines;
    NumberedText text;  ///< of all lines, each with the next one's prefix behind it
    std::vector<NumberedText::Part> parts;  ///< up to the begin of each line, and to the end
    std::vector<LastRun> last_runs;         ///< from each line on
  };

  KnownBlock& known_block(const CodeBlock& block);
  void add_lines(const CodeBlock& block, KnownBlock& known);
  KnownLine& known_line(const CommitKey& key);
  /// Whether the text at `place` can be repeated here.
  bool can_repeat(const Place& place) const;
  Place here() const { return {frame_number_, frame_.size()}; }
  /// Forgets what earlier frames knew, if that is much.
  void forget();
  void add_run(const BlockLog::Run& run);
  void add_line(KnownLine& line);
  /// Adds `line` as the one at `place`. Without `is_same`, pc and instruction word are others
  /// there.
  void repeat_line(const CommitLine& line, const Place& place, bool is_same);
  /// Puts the text of `line`, with the next values, into text_.
  void fill_text(const CommitLine& line);

  ZstdFrame frame_;
  std::uint32_t frame_number_ = 0;
  std::string prefix_;
  const std::uint8_t* values_ = nullptr;  ///< end of those that come next
  std::string text_;
  // What was seen so far, in any frame. All prefixes are equally long.
  std::size_t num_lines_ = 0;  ///< of blocks_
  std::unordered_map<const CodeBlock*, KnownBlock> blocks_;
  std::unordered_map<CommitKey, KnownLine, CommitKey::Hash> lines_;
  std::unordered_map<CommitKey, Place, CommitKey::Hash> shapes_;
  struct Recent {
    const CodeBlock* block = nullptr;
    KnownBlock* known = nullptr;
  };
  std::array<Recent, 1024> recent_;  ///< of blocks_, by address; the latest of those at one place
};

}  // namespace tessera
