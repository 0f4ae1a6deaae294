-- The JSON Schema of a user (bench/harness/sample.ts), by hand, over what lua-cjson makes of a body. cjson makes tables of
-- arrays and of objects, so an empty one counts as either.
local floor, find = math.floor, string.find

local STATUS = { shipped = true, delivered = true, returned = true }

local function is_object(value)
  return type(value) == "table" and value[1] == nil
end

local function is_array(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

local function is_integer(value, least)
  return type(value) == "number" and value == floor(value) and value >= least
end

local function is_string(value)
  return type(value) == "string"
end

local function is_optional(value, kind)
  return value == nil or type(value) == kind
end

-- Characters, not bytes, are what a schema counts.
local function length(value)
  local _, continuations = string.gsub(value, "[\128-\191]", "")
  return #value - continuations
end

local function each(array, check)
  if not is_array(array) then
    return false
  end
  for i = 1, #array do
    if not check(array[i]) then
      return false
    end
  end
  return true
end

local function is_card(card)
  return is_object(card)
    and is_string(card.number)
    and is_optional(card.cvv, "string")
    and is_optional(card.expires, "string")
end

local function is_address(address)
  if not is_object(address) then
    return false
  end
  for _, value in pairs(address) do
    if not is_string(value) then
      return false
    end
  end
  return true
end

local function is_order(order)
  return is_object(order)
    and is_string(order.id)
    and type(order.total) == "number"
    and is_optional(order.currency, "string")
    and is_optional(order.placed, "string")
    and (order.status == nil or STATUS[order.status] == true)
end

local USER = {
  id = function(value)
    return is_integer(value, 1)
  end,
  name = function(value)
    return is_string(value) and length(value) <= 100
  end,
  email = function(value)
    return is_string(value) and find(value, "^[%w!#$%%&'*+/=?^_`{|}~.-]+@[%w-]+%.[%w.-]+$") ~= nil
  end,
  passwordHash = is_string,
  card = is_card,
  address = is_address,
  roles = function(value)
    return each(value, is_string)
  end,
  preferences = is_object,
  orders = function(value)
    return each(value, is_order)
  end,
  note = is_string,
  tags = function(value)
    return each(value, is_string)
  end,
}

local function is_user(user)
  if not is_object(user) then
    return false
  end
  if user.id == nil or user.name == nil or user.email == nil or user.card == nil or user.orders == nil then
    return false
  end
  for name, value in pairs(user) do
    local check = USER[name]
    if check == nil or not check(value) then
      return false
    end
  end
  return true
end

return { each = each, is_integer = is_integer, is_object = is_object, is_user = is_user }
