#ifndef IMPULSE_ANNOUNCEMENT_H_
#define IMPULSE_ANNOUNCEMENT_H_

#include <functional>

namespace impulse {

/// Runs `action`, the first in this process to create an XNNPACK delegate, without the line that the library then
/// prints on standard error. The library has no switch for it; everything else written meanwhile, by any thread,
/// is passed on. Later calls only run `action`.
void WithoutAnnouncement(const std::function<void()>& action);

}  // namespace impulse

#endif  // IMPULSE_ANNOUNCEMENT_H_
