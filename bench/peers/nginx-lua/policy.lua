-- The rule of the bench of `policy`.
local sub, match, lower = string.sub, string.match, string.lower

local ORDERS = "/with/policy/orders"
local PAGE = { page = true, tag = true }
local FIELDS = { fields = true }
local NOTIFY = { notify = true }

-- The parameters of the query; nil where one is not allowed or is there twice.
local function query(allowed)
  local args = ngx.req.get_uri_args()
  for name, value in pairs(args) do
    if not allowed[name] or type(value) == "table" then
      return nil
    end
  end
  return args
end

local function one(value)
  return type(value) == "string" and value or nil
end

local function is_json(content_type)
  return content_type ~= nil and lower(match(content_type, "^%s*([^;%s]*)")) == "application/json"
end

local function is_allowed()
  local path = ngx.var.uri
  local method = ngx.req.get_method()
  if path == ORDERS then
    local args = method == "GET" and query(PAGE)
    return args and args.page ~= nil
  end
  if not match(path, "^/with/policy/orders/[^/]+$") then
    return false
  end
  if method == "GET" or method == "HEAD" then
    return query(FIELDS) ~= nil
  end
  if method ~= "PUT" and method ~= "PATCH" then
    return false
  end
  local headers = ngx.req.get_headers()
  local authorization = one(headers["authorization"])
  return authorization ~= nil
    and sub(authorization, 1, 7) == "Bearer "
    and headers["x-debug"] == nil
    and is_json(one(headers["content-type"]))
    and query(NOTIFY) ~= nil
end

return {
  check = function()
    if not is_allowed() then
      return ngx.exit(403)
    end
  end,
}
