-- The rules of the job of bench/harness/job.ts, for servers that have Lua: what is asked of a request with a user in it, and
-- what is taken out of a response.
local cjson = require("cjson")
local redact = require("redact")
local user = require("user")
local lower, match = string.lower, string.match

cjson.decode_invalid_numbers(false)

local UNREADABLE = '{"title":"Bad Gateway","status":502}'
-- The method that a path may be asked with.
local ALLOWED = {
  ["/policed"] = "POST",
  ["/filtered"] = "POST",
  ["/filtered-page"] = "POST",
  ["/read"] = "GET",
}

local function is_json(content_type)
  return type(content_type) == "string" and lower(match(content_type, "^%s*([^;%s]*)")) == "application/json"
end

-- What is left of a body of JSON, where `redact_more` knows what goes by its place. What cannot be read does not go out.
local function cleaned(text, redact_more)
  local is_read, document = pcall(cjson.decode, text)
  if not is_read then
    return UNREADABLE
  end
  if type(document) ~= "table" then
    return text
  end
  redact.keys(document)
  redact_more(document)
  return cjson.encode(document)
end

local function redact_cards(page)
  if type(page.users) == "table" then
    for _, one in ipairs(page.users) do
      redact.card(one)
    end
  end
end

return {
  is_json = is_json,

  -- `path` is without percent-encoding.
  is_allowed = function(method, path)
    return ALLOWED[path] == method
  end,

  -- The status to refuse a body with; nil where it is a user.
  refusal = function(content_type, body)
    if not is_json(content_type) then
      return 415
    end
    local is_read, document = pcall(cjson.decode, body or "")
    if not is_read then
      return 400
    end
    if not user.is_user(document) then
      return 422
    end
    return nil
  end,

  cleaned = function(text)
    return cleaned(text, redact.card)
  end,

  cleaned_page = function(text)
    return cleaned(text, redact_cards)
  end,
}
