-- The rule of the bench of `validate`: the JSON Schema of its pages, by hand, over what lua-cjson makes of a body.
local cjson = require("cjson")
local user = require("user")
local lower, match = string.lower, string.match

cjson.decode_invalid_numbers(false)

local PAGE = { total = true, page = true, users = true }

local function is_page(page)
  if not user.is_object(page) then
    return false
  end
  for name in pairs(page) do
    if not PAGE[name] then
      return false
    end
  end
  return user.is_integer(page.total, 0)
    and user.is_integer(page.page, 1)
    and user.each(page.users, user.is_user)
end

return {
  check = function()
    local content_type = ngx.req.get_headers()["content-type"]
    if type(content_type) ~= "string" or lower(match(content_type, "^%s*([^;%s]*)")) ~= "application/json" then
      return ngx.exit(415)
    end
    ngx.req.read_body()
    local is_json, page = pcall(cjson.decode, ngx.req.get_body_data() or "")
    if not is_json then
      return ngx.exit(400)
    end
    if not is_page(page) then
      return ngx.exit(422)
    end
  end,
}
