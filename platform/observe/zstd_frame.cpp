// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/zstd_frame.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "models/base/error.h"

namespace tessera {

namespace {

// Numbers in brackets are sections of RFC 8878.

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "words are written as the format has them");

constexpr std::uint32_t kMagic = 0xFD2FB528;     // [3.1.1]
constexpr std::uint32_t kHasContentSize = 0x80;  // [3.1.1.1.1]: in 4 bytes
constexpr unsigned kWindowExponent = 23 - 10;    // [3.1.1.1.2]
static_assert(ZstdFrame::kMaxDistance == 1u << (kWindowExponent + 10));
constexpr std::size_t kBlockHeaderBytes = 3;  // [3.1.1.2]
enum BlockType : unsigned { kRawBlock = 0, kCompressedBlock = 2 };
constexpr std::uint32_t kMaxBlock = 1u << 17;  // [3.1.1.2.4]
/// A compressed block ends here, so that what comes at a time has room: a page of code.
constexpr std::uint32_t kFullBlock = 3 * kMaxBlock / 4;

constexpr std::size_t kLiteralsHeaderBytes = 5;        // [3.1.1.3.1.1]
constexpr unsigned kCompressedLiterals = 2 | 3u << 2;  // sizes of 18 bits
constexpr unsigned kTreelessLiterals = 3 | 3u << 2;
constexpr unsigned kRawLiterals = 0 | 1u << 2;                    // a size of 12 bits
constexpr std::size_t kJumpTableBytes = 6;                        // [3.1.1.3.1.6]
constexpr std::size_t kMinCompressed = 256;                       ///< digits; weights take 52 bytes
constexpr std::uint32_t kOwnCodes = 2u << 6 | 2u << 4 | 2u << 2;  // [3.1.1.3.2.1]
constexpr std::uint32_t kRepeatedCodes = 3u << 6 | 3u << 4 | 3u << 2;
constexpr std::uint32_t kMinMatch = 3;        // [3.1.1.3.2.1.1]
constexpr std::uint32_t kRepeatedOffset = 1;  // [3.1.1.5]
constexpr std::uint32_t kFirstOffset = 3;     ///< distance 0, so to speak

unsigned highest_bit(std::uint32_t value) {
  return 31u - static_cast<unsigned>(__builtin_clz(value));
}

/// A state machine of the entropy coder [4.1] in which each symbol has one state, so that it is
/// left by reading all of the next state's bits. More symbols than needed fill it up.
template <unsigned accuracy_log, std::uint32_t num_symbols>
struct EvenCode {
  static constexpr unsigned kBits = accuracy_log;
  static constexpr std::uint32_t kStates = 1u << accuracy_log;
  static constexpr std::uint32_t kLast = num_symbols - 1;  ///< takes the states that are left
  static_assert(num_symbols <= kStates);

  /// [4.1.1], "spread": symbols go to states at this distance.
  static std::uint64_t state(std::uint32_t symbol) {
    return symbol * ((kStates >> 1) + (kStates >> 3) + 3) & (kStates - 1);
  }
  /// The table's description [4.1.1].
  static std::string description() {
    std::string bytes;
    std::uint64_t bits = accuracy_log - 5;
    unsigned num_bits = 4;
    std::uint32_t left = kStates;
    for (std::uint32_t symbol = 0; symbol < num_symbols; ++symbol) {
      const std::uint32_t count = symbol == kLast ? left : 1;
      const std::uint32_t max = left + 1;
      const unsigned width = highest_bit(max) + 1;
      const std::uint32_t num_short = (1u << width) - 1 - max;  // values of one bit less
      std::uint64_t value = count + 1;
      const bool is_short = value < num_short;
      if (value >= 1u << (width - 1)) {
        value += num_short;
      }
      bits |= value << num_bits;
      num_bits += is_short ? width - 1 : width;
      for (; num_bits >= 8; num_bits -= 8, bits >>= 8) {
        bytes.push_back(static_cast<char>(bits));
      }
      left -= count;
    }
    if (num_bits > 0) {
      bytes.push_back(static_cast<char>(bits));
    }
    return bytes;
  }
};
// [3.1.1.3.2.1.1]: literals up to 15 are their own code; distances have the bits of their value.
using LiteralsCode = EvenCode<5, 32>;
using MatchCode = EvenCode<6, 53>;
using OffsetCode = EvenCode<5, 32>;
constexpr std::uint32_t kMaxLiterals = 15;
constexpr std::uint32_t kMaxMatch = 65538;  ///< of the last code but one

struct Code {
  std::uint32_t symbol;
  std::uint32_t extra;
  unsigned num_extra_bits;
};

/// Match_Length_Code [3.1.1.3.2.1.1].
Code match_code(std::uint32_t length) {
  struct Row {
    std::uint32_t base;
    unsigned num_bits;
  };
  static constexpr std::array<Row, 11> kRows = {{{35, 1},
                                                 {37, 1},
                                                 {39, 1},
                                                 {41, 1},
                                                 {43, 2},
                                                 {47, 2},
                                                 {51, 3},
                                                 {59, 3},
                                                 {67, 4},
                                                 {83, 4},
                                                 {99, 5}}};
  if (length < kRows[0].base) {
    return {length - kMinMatch, 0, 0};
  }
  if (length < 131) {
    std::uint32_t row = kRows.size() - 1;
    while (length < kRows[row].base) {
      --row;
    }
    return {32 + row, length - kRows[row].base, kRows[row].num_bits};
  }
  const unsigned num_bits = highest_bit(length - kMinMatch);
  return {36 + num_bits, length - kMinMatch - (1u << num_bits), num_bits};
}

/// Huffman weights [4.2.1.1] in which the lower-case hexadecimal digits have the same.
std::string digit_weights() {
  constexpr unsigned kNumWeights = 'f';  // that of the last symbol follows from the others
  std::string bytes(1, static_cast<char>(127 + kNumWeights));
  const auto weight = [](unsigned symbol) {
    const bool is_digit = (symbol >= '0' && symbol <= '9') || (symbol >= 'a' && symbol <= 'f');
    return is_digit ? 1u : 0u;
  };
  for (unsigned symbol = 0; symbol < kNumWeights; symbol += 2) {
    bytes.push_back(static_cast<char>(weight(symbol) << 4 | weight(symbol + 1)));
  }
  return bytes;
}

// Of Number::text_before.
constexpr unsigned kCountBits = 5;
constexpr std::uint32_t kCountMask = (1u << kCountBits) - 1;

std::uint32_t word_before(const std::uint8_t* end) {
  std::uint32_t word = 0;
  std::memcpy(&word, end - sizeof word, sizeof word);
  return word;
}

}  // namespace

void write_digits(const std::uint8_t* end, std::size_t count, char* text) {
  for (; count > 0; --count) {
    --end;
    *text++ = "0123456789abcdef"[*end >> 4];
    *text++ = "0123456789abcdef"[*end & 15];
  }
}

void NumberedText::add_number(unsigned digits) {
  Number number{end_.length, static_cast<std::uint8_t>(digits), {}};
  const std::uint32_t text =
      numbers_.empty() ? end_.length : end_.length - numbers_.back().begin - numbers_.back().digits;
  for (unsigned width = 0; 2u << width <= digits; ++width) {
    const ZstdFrame::Bits bits =
        ZstdFrame::repetition(kRepeatedOffset, text + digits - (2u << width));
    number.text_before[width] = static_cast<std::uint32_t>(bits.value << kCountBits | bits.count);
  }
  numbers_.push_back(number);
  end_.length += digits;
  end_.num_bytes += digits / 2;
  ++end_.num_numbers;
}

ZstdFrame::BitStack::BitStack(std::size_t max_bytes) : memory_(kSlack + max_bytes + kSlack) {
  clear();
}

void ZstdFrame::BitStack::clear() {
  cursor = {};
  cursor.next_ = end();
}

inline void ZstdFrame::BitStack::Cursor::push(std::uint64_t bits, unsigned count) {
  // Without a branch, which would be taken at random.
  num_free_ -= count;
  word_ |= bits << num_free_;
  std::memcpy(next_ - sizeof word_, &word_, sizeof word_);
  const unsigned num_whole = (64 - num_free_) / 8;
  next_ -= num_whole;
  word_ <<= 8 * num_whole;
  num_free_ += 8 * num_whole;
}

ZstdFrame::ZstdFrame() : digits_memory_(kSlack + kMaxBlock / 2 + kSlack), sequences_(kMaxBlock) {
  digits_ = digits_end();
}

std::uint8_t* ZstdFrame::digits_end() {
  return digits_memory_.data() + kSlack + kMaxBlock / 2;
}

void ZstdFrame::begin(std::vector<char>& out) {
  out_ = &out;
  begin_ = out.size();
  size_ = 0;
  is_distance_new_ = true;
  has_weights_ = false;
  has_codes_ = false;
  put(kMagic, 4);
  put(kHasContentSize, 1);
  put(kWindowExponent << 3, 1);
  put(0, 4);  // end() knows the size
}

void ZstdFrame::add_text(std::string_view text) {
  end_block();
  put_text(text, false);
}

void ZstdFrame::end(std::string_view text) {
  end_block();
  put_text(text, true);
  patch(begin_ + 6, size_, 4);
}

void ZstdFrame::make_room(std::uint32_t length) {
  const bool is_full = sequences_.num_bytes() + num_digit_bytes() > kFullBlock;
  if (is_full || block_size_ + length > kMaxBlock) {
    end_block();
  }
  block_size_ += length;
  size_ += length;
}

void ZstdFrame::set_distance(std::uint32_t distance) {
  if (distance == distance_) {
    return;
  }
  if (length_ != 0) {
    end_sequence();
  }
  distance_ = distance;
  is_distance_new_ = true;
}

void ZstdFrame::extend_repeat(std::uint32_t length) {
  length_ += length;
  while (length_ > kMaxMatch) {
    const std::uint32_t rest = length_ - kMaxMatch / 2;
    length_ = kMaxMatch / 2;
    end_sequence();
    length_ = rest;
    is_distance_new_ = true;  // the last one can be named only behind digits
  }
}

void ZstdFrame::repeat(std::uint32_t distance, std::uint32_t length) {
  make_room(length);
  set_distance(distance);
  extend_repeat(length);
}

void ZstdFrame::add_number(const std::uint8_t* bytes, std::size_t count) {
  const auto num_digits = static_cast<std::uint32_t>(2 * count);
  make_room(num_digits);
  if (length_ != 0) {
    end_sequence();
  }
  num_digits_ += num_digits;
  digits_ -= count;
  std::memcpy(digits_, bytes, count);
}

void ZstdFrame::repeat(std::uint32_t distance, const NumberedText& text,
                       const NumberedText::Part& begin, const NumberedText::Part& end,
                       const std::uint8_t* old_end, const std::uint8_t* new_end) {
  make_room(end.length - begin.length);
  set_distance(distance);
  const NumberedText::Number* number = text.numbers_.data() + begin.num_numbers;
  const NumberedText::Number* const end_number = text.numbers_.data() + end.num_numbers;
  if (number == end_number) {
    extend_repeat(end.length - begin.length);
    return;
  }
  std::uint8_t* digits = digits_;
  // Adds the last digits of the next number, from the first byte that differs; gives their width.
  const auto add_digits = [&digits, &old_end, &new_end](unsigned num_digits) {
    const std::uint32_t old_word = word_before(old_end);
    const std::uint32_t new_word = word_before(new_end);
    const unsigned num_bytes = num_digits / 2;
    const std::uint32_t change = (old_word ^ new_word) >> (32 - 8 * num_bytes);
    const unsigned width = std::min(highest_bit(change | 1) / 8, 2u);  // without a branch
    const std::uint32_t last = new_word << 8 * (num_bytes - (1u << width));
    std::memcpy(digits - sizeof last, &last, sizeof last);
    digits -= 1u << width;
    old_end -= num_bytes;
    new_end -= num_bytes;
    return width;
  };
  unsigned width = add_digits(number->digits);
  extend_repeat(number->begin - begin.length + number->digits - (2u << width));
  end_sequence();
  BitStack::Cursor sequences = sequences_.cursor;
  for (++number; number != end_number; ++number) {
    const std::uint64_t num_digits = LiteralsCode::state(2u << width);
    width = add_digits(number->digits);
    const std::uint32_t text_before = number->text_before[width];
    const unsigned num_bits = text_before & kCountMask;
    sequences.push(num_digits << num_bits | text_before >> kCountBits,
                   LiteralsCode::kBits + num_bits);
  }
  sequences_.cursor = sequences;
  num_sequences_ += end.num_numbers - begin.num_numbers - 1;
  digits_ = digits;
  num_digits_ = 2u << width;
  length_ = end.length - number[-1].begin - number[-1].digits;
}

ZstdFrame::Bits ZstdFrame::repetition(std::uint32_t offset_value, std::uint32_t length) {
  TESSERA_CHECK(length >= kMinMatch && length <= kMaxMatch, "{} characters repeated", length);
  const Code match = match_code(length);
  const unsigned offset_bits = highest_bit(offset_value);
  std::uint64_t bits = MatchCode::state(match.symbol);
  bits = bits << OffsetCode::kBits | OffsetCode::state(offset_bits);
  bits = bits << offset_bits | (offset_value - (1u << offset_bits));
  bits = bits << match.num_extra_bits | match.extra;
  return {bits, MatchCode::kBits + OffsetCode::kBits + offset_bits + match.num_extra_bits};
}

void ZstdFrame::end_sequence() {
  TESSERA_CHECK(num_digits_ <= kMaxLiterals, "{} digits", num_digits_);
  const Bits bits =
      repetition(is_distance_new_ ? distance_ + kFirstOffset : kRepeatedOffset, length_);
  sequences_.cursor.push(LiteralsCode::state(num_digits_) << bits.count | bits.value,
                         LiteralsCode::kBits + bits.count);
  ++num_sequences_;
  num_digits_ = 0;
  length_ = 0;
  is_distance_new_ = false;
}

std::size_t ZstdFrame::put(std::uint64_t value, std::size_t num_bytes) {
  const std::size_t at = out_->size();
  out_->resize(at + num_bytes);
  patch(at, value, num_bytes);
  return at;
}

void ZstdFrame::patch(std::size_t at, std::uint64_t value, std::size_t num_bytes) {
  std::memcpy(out_->data() + at, &value, num_bytes);
}

void ZstdFrame::put(std::string_view bytes) {
  out_->insert(out_->end(), bytes.begin(), bytes.end());
}

void ZstdFrame::put_stream(const std::uint8_t* bytes, std::size_t first, std::size_t end) {
  const std::size_t num_bits = end - first;
  const std::size_t num_bytes = num_bits / 8 + 1;  // with the bit that marks the end
  const std::size_t at = out_->size();
  out_->resize(at + num_bytes + 8);
  char* const to = out_->data() + at;
  const std::uint8_t* const from = bytes + first / 8;
  const unsigned shift = first % 8;
  for (std::size_t i = 0; i < num_bytes; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + i, sizeof word);
    word = shift == 0 ? word : word >> shift | std::uint64_t{from[i + 8]} << (64 - shift);
    std::memcpy(to + i, &word, sizeof word);
  }
  const unsigned mark = 1u << num_bits % 8;
  to[num_bytes - 1] =
      static_cast<char>((static_cast<unsigned char>(to[num_bytes - 1]) & (mark - 1)) | mark);
  out_->resize(at + num_bytes);
}

void ZstdFrame::put_text(std::string_view text, bool is_last) {
  put((is_last ? 1u : 0u) | kRawBlock << 1 | text.size() << 3, kBlockHeaderBytes);
  put(text);
  size_ += static_cast<std::uint32_t>(text.size());
}

void ZstdFrame::end_block() {
  if (block_size_ == 0) {
    return;
  }
  if (length_ != 0) {
    end_sequence();
  }
  const std::size_t header = put(0, kBlockHeaderBytes);
  put_literals();
  put_sequences();
  const std::size_t size = out_->size() - header - kBlockHeaderBytes;
  TESSERA_CHECK(size < kMaxBlock, "a compressed block of {} bytes", size);
  patch(header, kCompressedBlock << 1 | size << 3, kBlockHeaderBytes);
  block_size_ = 0;
  num_sequences_ = 0;
  sequences_.clear();
  digits_ = digits_end();
  num_digits_ = 0;
  is_distance_new_ = true;
}

/// [3.1.1.3.1]
void ZstdFrame::put_literals() {
  static const std::string weights = digit_weights();
  const std::size_t num_digits = 2 * num_digit_bytes();
  if (num_digits < kMinCompressed) {
    put(kRawLiterals | num_digits << 4, 2);
    const std::size_t at = out_->size();
    out_->resize(at + num_digits);
    write_digits(digits_end(), num_digit_bytes(), out_->data() + at);
    return;
  }
  const std::size_t header = put(0, kLiteralsHeaderBytes);
  if (!has_weights_) {
    put(weights);
  }
  // Four streams [3.1.1.3.1.6]; the first three have equally many digits.
  const std::size_t num_bits = (num_digits + 3) / 4 * 4;
  const std::size_t jump_table = put(0, kJumpTableBytes);
  std::uint64_t jumps = 0;
  std::size_t end = 4 * num_digits;
  for (unsigned stream = 0; stream < 3; ++stream, end -= num_bits) {
    const std::size_t begin = out_->size();
    put_stream(digits_, end - num_bits, end);
    jumps |= std::uint64_t{out_->size() - begin} << (16 * stream);
  }
  put_stream(digits_, 0, end);
  patch(jump_table, jumps, kJumpTableBytes);
  const std::uint64_t size = out_->size() - header - kLiteralsHeaderBytes;
  const unsigned type = has_weights_ ? kTreelessLiterals : kCompressedLiterals;
  patch(header, type | num_digits << 4 | size << 22, kLiteralsHeaderBytes);
  has_weights_ = true;
}

/// [3.1.1.3.2]
void ZstdFrame::put_sequences() {
  static const std::string codes =
      LiteralsCode::description() + OffsetCode::description() + MatchCode::description();
  if (num_sequences_ < 128) {
    put(num_sequences_, 1);
  } else if (num_sequences_ < 0x7F00) {
    put((num_sequences_ >> 8 | 0x80) | (num_sequences_ & 0xFF) << 8, 2);
  } else {
    put(0xFF | (num_sequences_ - 0x7F00) << 8, 3);
  }
  if (num_sequences_ == 0) {
    return;
  }
  put(has_codes_ ? kRepeatedCodes : kOwnCodes, 1);
  if (!has_codes_) {
    put(codes);
    has_codes_ = true;
  }
  // Initial states come in another order than the later ones.
  std::uint16_t states = 0;
  static_assert(LiteralsCode::kBits + MatchCode::kBits + OffsetCode::kBits == 8 * sizeof states);
  std::memcpy(&states, sequences_.end() - sizeof states, sizeof states);
  const unsigned literals = states >> (MatchCode::kBits + OffsetCode::kBits);
  const unsigned match = states >> OffsetCode::kBits & (MatchCode::kStates - 1);
  const unsigned offset = states & (OffsetCode::kStates - 1);
  states = static_cast<std::uint16_t>((literals << OffsetCode::kBits | offset) << MatchCode::kBits |
                                      match);
  std::memcpy(sequences_.end() - sizeof states, &states, sizeof states);
  put_stream(sequences_.begin(), sequences_.num_unused(), 8 * (sequences_.num_bytes() + 1));
}

}  // namespace tessera
