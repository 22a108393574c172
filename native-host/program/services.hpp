#pragma once

#include <map>
#include <typeindex>

namespace skerry::program {

/// What capabilities give each other, by interface: the queue gives `sandbox::EventsPort`, the functions take
/// it. A capability finds what those before it in main.cpp's list have offered; none is owed. Filled while
/// the program opens, read from then on.
class Services {
 public:
  /// `service` must live until the capability that offers it has closed.
  template <class Interface>
  void offer(Interface& service) {
    services_[typeid(Interface)] = &service;
  }
  /// Null where nobody offered it.
  template <class Interface>
  [[nodiscard]] Interface* find() const {
    const auto found = services_.find(typeid(Interface));
    return found == services_.end() ? nullptr : static_cast<Interface*>(found->second);
  }

 private:
  std::map<std::type_index, void*> services_;
};

}  // namespace skerry::program
