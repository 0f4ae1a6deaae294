-- The rule of the bench of `sanitise`, with lua-cjson.
return require("held_body")(require("job").cleaned_page)
