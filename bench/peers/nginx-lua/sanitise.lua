-- The rule of the bench of `sanitise`, with lua-cjson. The head is gone when the body turns out to be no JSON, so the
-- status stays what it was; the body does not go out.
local cjson = require("cjson")
local redact = require("redact")
local lower, match, concat = string.lower, string.match, table.concat

local UNREADABLE = '{"title":"Bad Gateway","status":502}'

local function cleaned(text)
  local is_json, document = pcall(cjson.decode, text)
  if not is_json then
    return UNREADABLE
  end
  if type(document) ~= "table" then
    return text
  end
  redact.keys(document)
  if type(document.users) == "table" then
    for _, user in ipairs(document.users) do
      redact.card(user)
    end
  end
  return cjson.encode(document)
end

return {
  head = function()
    local content_type = ngx.header["content-type"]
    ngx.header["x-content-type-options"] = "nosniff"
    if content_type ~= nil and lower(match(content_type, "^%s*([^;%s]*)")) == "application/json" then
      ngx.ctx.chunks = {}
      ngx.header["content-length"] = nil
    end
  end,

  body = function()
    local chunks = ngx.ctx.chunks
    if chunks == nil then
      return
    end
    chunks[#chunks + 1] = ngx.arg[1]
    if ngx.arg[2] then
      ngx.arg[1] = cleaned(concat(chunks))
    else
      ngx.arg[1] = nil
    end
  end,
}
