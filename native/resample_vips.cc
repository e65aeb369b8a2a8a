#include "resample_vips.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "vips_kernels.h"

namespace impulse {
namespace {

/// Up to here the sum of a box fits in 16 bits, and the exact mean is a product.
constexpr int32_t kMaxWordBox = 256;
constexpr size_t kEnlargingRows = 4;

/// Deals out memory, or with none just counts.
class Arena {
 public:
  explicit Arena(uint8_t* memory) : memory_(memory) {}

  template <typename Element>
  Element* Take(size_t count) {
    const size_t at = used_;
    used_ += (count * sizeof(Element) + 63) / 64 * 64;
    return memory_ == nullptr ? nullptr : reinterpret_cast<Element*>(memory_ + at);
  }

  size_t used() const { return used_; }

 private:
  uint8_t* memory_;
  size_t used_ = 0;
};

bool HasAlpha(int32_t bands) { return bands == 2 || bands == 4; }

int32_t Boxes(int32_t size, int32_t box) { return (size - 1) / box + 1; }

size_t InGroups(size_t bytes) { return (bytes + kGroup - 1) / kGroup * kGroup; }

int32_t Clamp(int32_t value, int32_t size) { return std::min(std::max(value, 0), size - 1); }

uint32_t BoxMultiplier(const VipsReduction& reduction) {
  const uint32_t whole = (uint32_t{1} << 24) / static_cast<uint32_t>(reduction.box);
  // One more makes it exact for boxes up to kMaxWordBox.
  return reduction.reciprocal ? whole : whole + 1;
}

/// The mean of a box, from its sum and half the box.
uint8_t Mean(const VipsReduction& reduction, uint32_t sum) {
  if (!reduction.reciprocal) return static_cast<uint8_t>(sum / static_cast<uint32_t>(reduction.box));
  return static_cast<uint8_t>(sum * BoxMultiplier(reduction) >> 24);
}

/// Rows of the frame; colours are multiplied with alpha.
class SourceRows {
 public:
  SourceRows(const FrameRows& source, Arena& arena)
      : source_(source), alpha_(HasAlpha(source.bands())), own_(alpha_ || source.converts()) {
    if (source.converts()) raw_ = arena.Take<uint8_t>(source.row_bytes());
  }

  /// True where rows need memory of the caller's.
  bool own() const { return own_; }
  int32_t width() const { return source_.width(); }
  int32_t height() const { return source_.height(); }
  size_t bands() const { return static_cast<size_t>(source_.bands()); }
  size_t row_bytes() const { return source_.row_bytes(); }
  /// Bytes from one row to the next; 0 where rows are made one by one.
  size_t stride() const { return own() ? 0 : source_.stride(); }

  /// @param scratch `row_bytes()`, if `own()`
  const uint8_t* Row(int32_t y, uint8_t* scratch) const {
    if (!alpha_) return source_.Row(y, scratch);
    const uint8_t* from = source_.Row(y, raw_);
    const size_t step = bands();
    for (size_t i = 0; i < row_bytes(); i += step) {
      const uint8_t alpha = from[i + step - 1];
      const float factor = static_cast<float>(alpha) / 255.0f;
      for (size_t c = 0; c + 1 < step; c++) {
        scratch[i + c] = static_cast<uint8_t>(static_cast<float>(from[i + c]) * factor);
      }
      scratch[i + step - 1] = alpha;
    }
    return scratch;
  }

 private:
  const FrameRows& source_;
  const bool alpha_;
  const bool own_;
  uint8_t* raw_ = nullptr;
};

/// Reduces one axis of all that lies across it: lines of bytes come in order, their weighed sums go out.
class Reducer {
 public:
  /// @param low, high the first and the last box that stand for those beyond them
  /// @param bytes of a line
  /// @param chunk bytes that are worked on at a time, a multiple of `kGroup`
  Reducer(const VipsReduction& reduction, int32_t size, int32_t low, int32_t high, size_t bytes, size_t chunk,
          Arena& arena)
      : reduction_(reduction),
        size_(size),
        low_(low),
        high_(high),
        bytes_(bytes),
        chunk_(std::min(chunk, InGroups(bytes))),
        capacity_(static_cast<size_t>(reduction.taps) / 2 + 1) {
    ring_ = arena.Take<int16_t>(capacity_ * 2 * InGroups(bytes));
    slots_ = arena.Take<int16_t*>(2 * capacity_);
    if (reduction.box == 1) return;
    for (uint8_t*& mean : means_) mean = arena.Take<uint8_t>(chunk_);
    sums_ = arena.Take<uint32_t>(chunk_);
  }

  /// Begins again: positions may be lower than before.
  void Restart() { next_ = kNoPair; }

  /// Works out `count` positions. Those of further calls must not be lower.
  ///
  /// @param lines gives lines by their numbers: box by box in order, where the first one may be repeated
  /// @param out lines of `stride` bytes, room for whole groups
  template <typename Lines>
  void Reduce(size_t from, size_t count, Lines& lines, uint8_t* out, size_t stride) {
    int32_t next = next_;
    for (size_t begin = 0; begin < bytes_; begin += chunk_) {
      next = next_;
      const size_t length = std::min(chunk_, bytes_ - begin);
      for (size_t slot = 0; slot < 2 * capacity_; slot++) {
        slots_[slot] = ring_ + 2 * (capacity_ * begin + slot % capacity_ * InGroups(length));
      }
      for (size_t i = 0; i < count; i++) {
        next = Weigh(from + i, next, lines, begin, length, out + i * stride + begin);
      }
    }
    next_ = next;
  }

 private:
  static constexpr int32_t kNoPair = std::numeric_limits<int32_t>::min();

  /// @param next pairs before this one are in the ring, if they are needed
  /// @return the same for the next position
  template <typename Lines>
  int32_t Weigh(size_t position, int32_t next, Lines& lines, size_t begin, size_t length, uint8_t* out) {
    const int32_t taps = reduction_.taps;
    // Where all taps lie beyond an end, nearer ones give the same.
    const int32_t first = std::min(std::max(reduction_.first[position], low_ - taps), high_ + 1);
    // Pairs begin with even boxes; a zero stands before or after the weights where they do not.
    const int32_t odd = first & 1;
    const int32_t pair = (first - odd) / 2;
    const int32_t pairs = (odd + taps + 1) / 2;
    for (int32_t i = std::max(pair, next); i < pair + pairs; i++) MakePair(i, lines, begin, length);
    const int16_t* weights = reduction_.Weights(position) - odd;
    kernels_.weigh_pairs(slots_ + SlotOf(pair), weights, pairs, reduction_.bits, length, out);
    return std::max(next, pair + pairs);
  }

  /// Pairs are not below -taps.
  size_t SlotOf(int32_t pair) const {
    return static_cast<uint32_t>(pair + reduction_.taps) % static_cast<uint32_t>(capacity_);
  }

  template <typename Lines>
  void MakePair(int32_t pair, Lines& lines, size_t begin, size_t length) {
    const int32_t a = std::min(std::max(2 * pair, low_), high_);
    const int32_t b = std::min(std::max(2 * pair + 1, low_), high_);
    lines.Expect(a * reduction_.box, 2 * reduction_.box, begin, length);
    const uint8_t* first = Box(a, lines, begin, length, means_[0]);
    const uint8_t* second = a == b ? first : Box(b, lines, begin, length, means_[1]);
    kernels_.pair_lines(first, second, length, slots_[SlotOf(pair)]);
  }

  /// The mean of box `index`.
  template <typename Lines>
  const uint8_t* Box(int32_t index, Lines& lines, size_t begin, size_t length, uint8_t* mean) {
    const int32_t box = reduction_.box;
    if (box == 1) return lines.Line(index) + begin;
    const int32_t first = index * box;
    const int32_t there = std::min(box, size_ - first);
    if (there == box && box <= kMaxWordBox && lines.stride() != 0) {
      const uint8_t* line = lines.Line(first) + begin;
      kernels_.mean(line, lines.stride(), static_cast<size_t>(box), BoxMultiplier(reduction_), length, mean);
      return mean;
    }
    std::fill_n(sums_, length, static_cast<uint32_t>(box / 2));
    for (int32_t k = 0; k < box; k++) {
      // The last box repeats the last line.
      kernels_.add_line(lines.Line(first + std::min(k, there - 1)) + begin, length, sums_);
    }
    for (size_t i = 0; i < length; i++) mean[i] = Mean(reduction_, sums_[i]);
    return mean;
  }

  const VipsKernels& kernels_ = GetVipsKernels();
  const VipsReduction& reduction_;
  const int32_t size_;
  const int32_t low_;
  const int32_t high_;
  const size_t bytes_;
  const size_t chunk_;
  /// Pairs that one position needs at most.
  const size_t capacity_;
  /// For each chunk its pairs, so that those of one lie in the nearest cache.
  int16_t* ring_ = nullptr;
  /// The slots of the ring in one chunk, twice, so that those of any position follow each other.
  int16_t** slots_ = nullptr;
  uint8_t* means_[2] = {};
  uint32_t* sums_ = nullptr;
  int32_t next_ = kNoPair;
};

/// Bytes of one pixel in a column: the fourth of R G B is not used.
size_t LaneBytes(size_t bands) { return bands == 3 ? 4 : bands; }

/// Columns of a few rows as lines of `kGroup` bytes, some columns at a time.
class TurnedColumns {
 public:
  /// @param box columns that are averaged
  TurnedColumns(size_t bands, int32_t box, Arena& arena)
      : bands_(bands),
        strip_(StripOf(box)),
        lines_(arena.Take<uint8_t>(static_cast<size_t>(strip_) * kGroup)),
        rows_(arena.Take<const uint8_t*>(height())) {}

  /// Rows that make a column of `kGroup` bytes.
  size_t height() const { return kGroup / LaneBytes(bands_); }
  /// Bytes from one column to the next, within a box.
  size_t stride() const { return kGroup; }

  /// @param rows `height()` rows, which begin with column `low` and end before `end`
  void Begin(const uint8_t* const* rows, int32_t low, int32_t end) {
    source_ = rows;
    low_ = low;
    end_ = end;
    from_ = to_ = low;
  }

  /// Columns are always at hand.
  void Expect(int32_t, int32_t, size_t, size_t) const {}

  /// Column `x`. The other columns of its box stay with it, and where there are no boxes, the one after an even one.
  const uint8_t* Line(int32_t x) {
    if (x < from_ || x >= to_) Turn(x);
    return lines_ + static_cast<size_t>(x - from_) * kGroup;
  }

 private:
  /// Even, and a few kilobytes of columns.
  static constexpr int32_t kStrip = 48;

  /// Whole boxes, unless they are so large that their columns are added one by one.
  static int32_t StripOf(int32_t box) { return box > kMaxWordBox ? kStrip : std::max(kStrip / box, 1) * box; }

  void Turn(int32_t x) {
    from_ = x;
    to_ = std::min(x / strip_ * strip_ + strip_, end_);
    const size_t skipped = static_cast<size_t>(from_ - low_) * bands_;
    for (size_t r = 0; r < height(); r++) rows_[r] = source_[r] + skipped;
    const size_t pixels = static_cast<size_t>(to_ - from_);
    if (bands_ >= 3) return kernels_.turn(rows_, bands_, pixels, lines_);
    for (size_t r = 0; r < height(); r++) {
      uint8_t* to = lines_ + r * bands_;
      for (size_t i = 0; i < pixels; i++) std::memcpy(to + i * kGroup, rows_[r] + i * bands_, bands_);
    }
  }

  const VipsKernels& kernels_ = GetVipsKernels();
  const size_t bands_;
  /// Columns that are turned at a time, and from a multiple of which on.
  const int32_t strip_;
  uint8_t* lines_;
  const uint8_t** rows_;
  const uint8_t* const* source_ = nullptr;
  int32_t low_ = 0;
  int32_t end_ = 0;
  /// The columns of the strip.
  int32_t from_ = 0;
  int32_t to_ = 0;
};

/// Rows of the frame from one column on, as lines.
class FrameLines {
 public:
  /// @param skipped bytes before that column
  FrameLines(const SourceRows& source, size_t skipped, Arena& arena) : source_(source), skipped_(skipped) {
    if (!source.own()) {
      first_ = source.Row(0, nullptr) + skipped;
      return;
    }
    for (uint8_t*& row : converted_) row = arena.Take<uint8_t>(source.row_bytes());
  }

  size_t stride() const { return source_.stride(); }

  /// Line `y`. It stays while the one after it is asked for.
  const uint8_t* Line(int32_t y) const {
    if (source_.own()) return source_.Row(y, converted_[y % 2]) + skipped_;
    return first_ + static_cast<size_t>(y) * source_.stride();
  }

  /// Has what follows some lines after `count` ones from `y` on brought near, because it lies too far apart for the
  /// processor to foresee.
  void Expect(int32_t y, int32_t count, size_t begin, size_t length) const {
    if (source_.own()) return;
    const int32_t end = std::min(y + kAhead + count, source_.height());
    for (int32_t next = y + kAhead; next < end; next++) {
      const uint8_t* line = Line(next) + begin;
      for (size_t i = 0; i < length; i += 64) __builtin_prefetch(line + i);
    }
  }

 private:
  static constexpr int32_t kAhead = 12;

  const SourceRows& source_;
  const size_t skipped_;
  const uint8_t* first_ = nullptr;
  uint8_t* converted_[2] = {};
};

/// Pixels of a row, of as many bytes as there are bands.
struct PixelRow {
  const uint8_t* at;
  /// Bytes from one to the next.
  size_t step;
};

/// Rows after both reductions. They must be asked for in order.
class ReducedRows {
 public:
  /// @param from_x column that a row begins with where columns are not reduced
  /// @param end_y rows from this one on are not asked for
  ReducedRows(const VipsResample& resample, const FrameRows& source, int32_t from_x, int32_t width, int32_t end_y,
              Arena& arena)
      : source_(source, arena),
        width_(width),
        end_y_(end_y),
        low_(from_x),
        end_(from_x + width),
        turned_(bands(), resample.columns ? resample.columns->box : 1, arena) {
    const VipsReduction* across = resample.columns ? &*resample.columns : nullptr;
    if (across != nullptr) {
      const int32_t boxes = Boxes(source.width(), across->box);
      // The boxes that any tap reaches; the ends of the axis stand for those beyond it.
      const int32_t low = Clamp(across->first.front(), boxes);
      const int32_t high = Clamp(std::min(across->first.back(), boxes) + across->taps - 1, boxes);
      low_ = low * across->box;
      end_ = static_cast<int32_t>(std::min<int64_t>((int64_t{high} + 1) * across->box, source.width()));
      across_.emplace(*across, source.width(), low, high, kGroup, kGroup, arena);
      columns_ = arena.Take<uint8_t>(static_cast<size_t>(width) * kGroup);
    }
    const size_t bytes = static_cast<size_t>(end_ - low_) * bands();
    if (resample.rows) {
      const int32_t last = Boxes(source.height(), resample.rows->box) - 1;
      // Rows that are converted are converted whole.
      const size_t chunk = source_.own() ? InGroups(bytes) : kChunk;
      lines_.emplace(source_, static_cast<size_t>(low_) * bands(), arena);
      down_.emplace(*resample.rows, source.height(), 0, last, bytes, chunk, arena);
    }
    stride_ = InGroups(down_ ? bytes : source.row_bytes());
    if (down_ || source_.own()) made_ = arena.Take<uint8_t>(stride_ * turned_.height());
    rows_ = arena.Take<const uint8_t*>(turned_.height());
  }

  size_t bands() const { return source_.bands(); }
  int32_t width() const { return width_; }

  PixelRow Row(int32_t y) {
    if (y >= next_) MakeRows(y);
    const size_t row = static_cast<size_t>(y - from_);
    if (across_) return {columns_ + row * LaneBytes(bands()), kGroup};
    return {rows_[row], bands()};
  }

 private:
  /// Bytes whose pairs fit in the nearest cache.
  static constexpr size_t kChunk = 512;

  /// As many rows from `y` on as make a column.
  void MakeRows(int32_t y) {
    const size_t count = std::min(turned_.height(), static_cast<size_t>(end_y_ - y));
    from_ = y;
    next_ = y + static_cast<int32_t>(count);
    FillRows(y, count);
    if (!across_) return;
    std::fill(rows_ + count, rows_ + turned_.height(), rows_[count - 1]);
    turned_.Begin(rows_, low_, end_);
    across_->Restart();
    across_->Reduce(0, static_cast<size_t>(width_), turned_, columns_, kGroup);
  }

  void FillRows(int32_t y, size_t count) {
    const size_t skipped = static_cast<size_t>(low_) * bands();
    if (down_) down_->Reduce(static_cast<size_t>(y), count, *lines_, made_, stride_);
    for (size_t i = 0; i < count; i++) {
      uint8_t* row = made_ == nullptr ? nullptr : made_ + i * stride_;
      rows_[i] = down_ ? row : source_.Row(y + static_cast<int32_t>(i), row) + skipped;
    }
  }

  const SourceRows source_;
  const int32_t width_;
  const int32_t end_y_;
  /// Columns of the source that are needed.
  int32_t low_;
  int32_t end_;
  TurnedColumns turned_;
  std::optional<FrameLines> lines_;
  std::optional<Reducer> down_;
  std::optional<Reducer> across_;
  /// Rows after the reduction down the columns, or converted; none where the frame's own serve.
  uint8_t* made_ = nullptr;
  size_t stride_ = 0;
  const uint8_t** rows_ = nullptr;
  uint8_t* columns_ = nullptr;
  /// The rows that are there.
  int32_t from_ = 0;
  int32_t next_ = 0;
};

/// Rows of the enlarged picture, as pixels of four bytes. They must be asked for in order.
class EnlargedRows {
 public:
  /// @param height of the source
  EnlargedRows(const VipsEnlargement& taps, ReducedRows& source, int32_t height, Arena& arena)
      : taps_(taps), source_(source), height_(height), count_(taps.columns.first.size() * kLanes) {
    for (int32_t*& row : ring_) row = arena.Take<int32_t>(count_);
    out_ = arena.Take<uint8_t>(count_);
    row_ = arena.Take<uint8_t>(static_cast<size_t>(source.width()) * kLanes);
  }

  PixelRow Row(int32_t y) {
    const size_t at = static_cast<size_t>(y);
    const int32_t first = std::min(std::max(taps_.rows.first[at], -4), height_);
    const int16_t* weights = taps_.rows.weights.data() + at * 4;
    const int32_t* rows[4];
    for (int32_t t = 0; t < 4; t++) rows[t] = Across(Clamp(first + t, height_));
    for (size_t i = 0; i < count_; i++) {
      int32_t sum = 2048;
      for (size_t t = 0; t < 4; t++) sum += rows[t][i] * weights[t];
      out_[i] = static_cast<uint8_t>(std::min(std::max(sum >> 12, 0), 255));
    }
    return {out_, kLanes};
  }

 private:
  /// Bytes of an enlarged pixel.
  static constexpr size_t kLanes = 4;

  /// Row `y` of the source, enlarged along itself; rounded, but not to bytes.
  const int32_t* Across(int32_t y) {
    int32_t* out = ring_[static_cast<size_t>(y) % kEnlargingRows];
    if (y < next_) return out;
    next_ = y + 1;
    const int32_t width = source_.width();
    SpreadRow(source_.Row(y));
    for (size_t x = 0; x < taps_.columns.first.size(); x++) {
      const int32_t first = std::min(std::max(taps_.columns.first[x], -4), width);
      const int16_t* weights = taps_.columns.weights.data() + x * 4;
      int32_t sums[kLanes] = {2048, 2048, 2048, 2048};
      for (int32_t t = 0; t < 4; t++) {
        const uint8_t* pixel = row_ + static_cast<size_t>(Clamp(first + t, width)) * kLanes;
        for (size_t c = 0; c < kLanes; c++) sums[c] += pixel[c] * weights[t];
      }
      for (size_t c = 0; c < kLanes; c++) out[x * kLanes + c] = sums[c] >> 12;
    }
    return out;
  }

  /// As pixels of four bytes, into `row_`.
  void SpreadRow(PixelRow row) {
    const size_t bands = source_.bands();
    uint8_t* to = row_;
    for (int32_t x = 0; x < source_.width(); x++, row.at += row.step, to += kLanes) {
      for (size_t c = 0; c < kLanes; c++) to[c] = c < bands ? row.at[c] : 0;
    }
  }

  const VipsEnlargement& taps_;
  ReducedRows& source_;
  const int32_t height_;
  const size_t count_;
  int32_t* ring_[kEnlargingRows] = {};
  uint8_t* out_ = nullptr;
  uint8_t* row_ = nullptr;
  /// Rows before this one were enlarged.
  int32_t next_ = 0;
};

uint8_t Unmultiply(uint8_t colour, float factor) {
  return static_cast<uint8_t>(std::min(255.0f, static_cast<float>(colour) * factor));
}

/// R G B from pixels of `bands` bytes.
void StoreRow(PixelRow row, size_t bands, size_t pixels, uint8_t* to) {
  const uint8_t* from = row.at;
  for (size_t i = 0; i < pixels; i++, from += row.step, to += 3) {
    if (bands == 3) {
      std::memcpy(to, from, 3);
    } else if (bands == 1) {
      to[0] = to[1] = to[2] = from[0];
    } else {
      const uint8_t alpha = from[bands - 1];
      const float factor = alpha == 0 ? 0.0f : 255.0f / static_cast<float>(alpha);
      for (int c = 0; c < 3; c++) to[c] = Unmultiply(from[bands == 4 ? c : 0], factor);
    }
  }
}

/// All the steps, or with an arena without memory just what they need.
void Run(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch, Arena& arena, bool counting) {
  const bool enlarged = resample.enlargement.has_value();
  // Reductions give the part that is shown, enlargements take it from the whole.
  const int32_t from_x = enlarged ? 0 : patch.from_x;
  const int32_t from_y = enlarged || resample.rows ? 0 : patch.from_y;
  const int32_t whole_x = resample.columns ? static_cast<int32_t>(resample.columns->first.size()) : source.width();
  const int32_t whole_y = resample.rows ? static_cast<int32_t>(resample.rows->first.size()) : source.height();
  const int32_t width = enlarged ? whole_x : patch.width;
  ReducedRows reduced(resample, source, from_x, width, enlarged ? whole_y : from_y + patch.height, arena);
  const size_t bands = reduced.bands();
  const size_t pixels = static_cast<size_t>(patch.width);
  const int32_t height = counting ? 0 : patch.height;
  if (enlarged) {
    EnlargedRows rows(*resample.enlargement, reduced, whole_y, arena);
    for (int32_t j = 0; j < height; j++) StoreRow(rows.Row(j), bands, pixels, patch.Row(j));
    return;
  }
  for (int32_t j = 0; j < height; j++) StoreRow(reduced.Row(from_y + j), bands, pixels, patch.Row(j));
}

}  // namespace

size_t VipsScratchBytes(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch) {
  Arena arena(nullptr);
  Run(resample, source, patch, arena, true);
  return arena.used();
}

void ResampleVips(const VipsResample& resample, const FrameRows& source, const PixelPatch& patch, uint8_t* scratch) {
  Arena arena(scratch);
  Run(resample, source, patch, arena, false);
}

}  // namespace impulse
