// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/commit_frames.h"

#include <array>
#include <cstring>

// For ZSTD_compressSequences(): in every shared libzstd since 1.5.0, but not declared stable.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "models/base/error.h"

namespace tessera {

namespace {

constexpr std::uint32_t kMinMatch = 3;  // of the format
constexpr std::uint32_t kMaxBlock = ZSTD_BLOCKSIZE_MAX;
constexpr int kWindowLog = 23;

/// Which parts of a text repeat earlier ones, in the form that zstd takes. Places count from the
/// text's begin and rise from call to call.
class Matches {
 public:
  /// Most sequences that a line adds, the end of a block before it included.
  static constexpr std::size_t kMaxOfLine = 3 + CommitLine::kMaxPlaces;

  explicit Matches(ZSTD_Sequence* memory) : next_(memory) {}
  /// From `place` on, the text is what stands `distance` before.
  void repeat(std::uint32_t place, std::uint32_t distance) {
    if (distance != distance_) {
      stop(place);
      match_ = place;
      distance_ = distance;
    }
  }
  /// From `place` on, the text is new.
  void stop(std::uint32_t place) {
    if (distance_ != 0 && place - match_ >= kMinMatch) {
      add(distance_, match_ - literals_, place - match_);
      literals_ = place;
    }
    distance_ = 0;
  }
  /// Ends a block if it has no room for another line at `place`.
  void end_full_block(std::uint32_t place) {
    if (place - block_ > kMaxBlock - kMaxCommitLine) {
      end_block(place);
    }
  }
  void end_block(std::uint32_t place) {
    stop(place);
    add(0, place - literals_, 0);
    literals_ = place;
    block_ = place;
  }
  const ZSTD_Sequence* end() const { return next_; }

 private:
  void add(std::uint32_t distance, std::uint32_t num_literals, std::uint32_t length) {
    next_->offset = distance;
    next_->litLength = num_literals;
    next_->matchLength = length;
    ++next_;
  }

  ZSTD_Sequence* next_;
  std::uint32_t block_ = 0;     ///< begin of the block
  std::uint32_t literals_ = 0;  ///< begin of what no sequence says yet
  std::uint32_t match_ = 0;     ///< begin of the match under way
  std::uint32_t distance_ = 0;  ///< of it; 0: there is none
};

/// The last line of an instruction.
struct LastLine {
  const CommitRecord* record = nullptr;
  std::uint32_t place = 0;
  CommitLine line;

  /// Whether the line of `other`, at `end`, is this one with other values, and within reach.
  bool fits(const CommitRecord& other, std::uint32_t end) const {
    return record != nullptr && record->has_form_of(other) && end - place < 1u << kWindowLog;
  }
};

/// Copies `length` characters and a few more, from a line at least kStep before.
void copy_line(char* to, const char* from, std::size_t length) {
  constexpr std::size_t kStep = 16;
  for (std::size_t i = 0; i < length; i += kStep) {
    std::memcpy(to + i, from + i, kStep);
  }
}

/// Writes the line of `record` at `place` of `text`, as the last one with other values.
void repeat_line(char* text, std::uint32_t place, const LastLine& last, const CommitRecord& record,
                 Matches& matches) {
  const std::uint32_t distance = place - last.place;
  matches.repeat(place, distance);
  copy_line(text + place, text + last.place, last.line.length);
  for (unsigned i = 0; i < last.line.num_places; ++i) {
    const auto [at, digits, index] = last.line.places[i];
    const std::uint32_t value = record.values[index];
    const std::uint32_t change = (value ^ last.record->values[index]) << (32 - 4 * digits);
    if (change != 0) {
      write_hex(text + place + at, value, digits);
      const auto num_equal = static_cast<std::uint32_t>(__builtin_clz(change)) / 4;
      matches.stop(place + at + num_equal);
      matches.repeat(place + at + digits, distance);
    }
  }
}

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

class CommitFrames::Impl {
 public:
  Impl();
  bool compress(std::string_view prefix, const std::vector<CommitRecord>& records,
                std::vector<char>& frame);

 private:
  /// Makes room for `num_lines` lines.
  void reserve(std::size_t num_lines);
  struct Sizes {
    std::size_t text;
    std::size_t sequences;
  };
  /// Into text_ and sequences_.
  Sizes write_lines(std::string_view prefix, const std::vector<CommitRecord>& records);

  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<char> text_;
  std::vector<ZSTD_Sequence> sequences_;
  std::vector<char> output_;
  /// By pc; where instructions share a place, the later one counts.
  std::array<LastLine, 4096> last_lines_;
};

CommitFrames::Impl::Impl() : context_(ZSTD_createCCtx()) {
  const auto set = [this](ZSTD_cParameter parameter, int value) {
    TESSERA_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), parameter, value)) == 0,
                  "libzstd {} lacks parameter {}", ZSTD_versionString(), int{parameter});
  };
  set(ZSTD_c_blockDelimiters, ZSTD_sf_explicitBlockDelimiters);
  set(ZSTD_c_strategy, ZSTD_fast);
  set(ZSTD_c_hashLog, ZSTD_HASHLOG_MIN);  // nothing is searched
  set(ZSTD_c_windowLog, kWindowLog);
}

void CommitFrames::Impl::reserve(std::size_t num_lines) {
  const std::size_t num_characters = num_lines * kMaxCommitLine;
  if (text_.size() < num_characters || sequences_.empty()) {
    text_.resize(num_characters);
    sequences_.resize(1 + num_lines * Matches::kMaxOfLine);
    output_.resize(ZSTD_compressBound(num_characters));
  }
}

bool CommitFrames::Impl::compress(std::string_view prefix, const std::vector<CommitRecord>& records,
                                  std::vector<char>& frame) {
  reserve(records.size());
  const Sizes written = write_lines(prefix, records);
  const std::size_t size =
      ZSTD_compressSequences(context_.get(), output_.data(), output_.size(), sequences_.data(),
                             written.sequences, text_.data(), written.text);
  if (ZSTD_isError(size) != 0) {
    return false;
  }
  frame.assign(output_.data(), output_.data() + size);
  return true;
}

CommitFrames::Impl::Sizes CommitFrames::Impl::write_lines(
    std::string_view prefix, const std::vector<CommitRecord>& records) {
  last_lines_.fill({});
  Matches matches(sequences_.data());
  char* const text = text_.data();
  std::uint32_t place = 0;
  for (const CommitRecord& record : records) {
    matches.end_full_block(place);
    LastLine& last = last_lines_[record.pc / 4 % last_lines_.size()];
    if (last.fits(record, place)) {
      repeat_line(text, place, last, record, matches);
    } else {
      matches.stop(place);
      last.line = write_commit_line(text + place, prefix, record);
    }
    last.record = &record;
    last.place = place;
    place += last.line.length;
  }
  matches.end_block(place);
  return {place, static_cast<std::size_t>(matches.end() - sequences_.data())};
}

CommitFrames::CommitFrames() : impl_(std::make_unique<Impl>()) {}
CommitFrames::~CommitFrames() = default;

bool CommitFrames::compress(std::string_view prefix, const std::vector<CommitRecord>& records,
                            std::vector<char>& frame) {
  return impl_->compress(prefix, records, frame);
}

}  // namespace tessera
