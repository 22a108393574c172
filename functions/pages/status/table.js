// The end of table.mjs: StatusPage (status_page.hpp) over the functions of exports.cpp. A text goes in as a string or as bytes
// of UTF-8. (Emscripten's optimizer does not know classes with fields.)
Module['StatusPage'] = function () {
  var page = _page_new();
  var call = (run, text, number = 0) => {
    if (text !== undefined) {
      var bytes = typeof text == 'string' ? new TextEncoder().encode(text) : text;
      var to = _page_input(page, bytes.length);
      HEAPU8.set(bytes, to);
    }
    var length = run(page, number);
    var from = _page_output(page);
    return new TextDecoder().decode(HEAPU8.subarray(from, from + length));
  };
  this.load_latest = (json) => call(_page_load_latest, json);
  this.load_history = (json) => call(_page_load_history, json);
  this.set_query = (text) => call(_page_set_query, text);
  this.sort_by = (key) => call(_page_sort_by, key);
  this.field = (name) => call(_page_field, name);
  this.query = () => call(_page_query);
  this.changed_rows = () => call(_page_changed_rows);
  this.order = () => call(_page_order);
  this.details = (key) => call(_page_details, undefined, key);
  this.headline = () => call(_page_headline);
  this.shown = () => call(_page_shown);
  this.late_list = () => call(_page_late_list);
  this.projects = () => call(_page_projects);
  this.made_up = () => Boolean(_page_made_up(page));
  this.axis = () => call(_page_axis);
  this.age = (now) => call(_page_age, undefined, now);
  this.is_old = (now) => Boolean(_page_is_old(page, now));
  this.updated_at = () => _page_updated_at(page);
};
