# Written by `gem-sim compile frame_shop` from environments/frame_shop: do not edit, change environment.json.
# environment sha256:765ac29174f54c427d4d27f5cb77183bb33721b005c4bd18ae01c36b614a0e0e
# authenticate_user sha256:9c5daa719a2fede44d82013f4874b94999b733fbe1b32e6044cb9710f97532b0
# get_user_profile sha256:a6ea86a8221f18db71d46bbf6fa7057124656cd6df4681df114692bf9e0dd547
# calculate_frame_size sha256:160432574fb925c99e19e6c7b8de449c8c18d32e52f2146c7bd404e22af4e1e2
# check_size_constraints sha256:4dd21eec95165aba244c5fed175b85b6dfb49402b48208e3cd004a8397ce80a7
# get_glass_options sha256:8e026f3c0f985651fce2877cf535a2d66c9370c58fcd843100a0cb40bec208a2
# get_custom_pricing sha256:cdd3e7cd8f5c65409354bd495aa5c939b76722a7284b8f1c278b59baa438d886
# place_custom_order sha256:dd655c363498b2bc3ba4f36d509400f59b22df61ffea81caf9a482c60e7202de
# get_order_status sha256:aabc77b93970996222a19d1a5076438c62b8ed026f2aad1d4ec87c22b4098801
#
# `state`, require, fail, new_id, now and unspecified are given to each call by the sandbox.

"""Picture frames made to measure."""

# cm; source.md:33 "Plain glass is cut for frames up to 100 cm by 150 cm"
PLAIN_SHORT = 100
# cm; source.md:33 "Plain glass is cut for frames up to 100 cm by 150 cm"
PLAIN_LONG = 150
# cm; source.md:33 "Non-glare glass is cut for frames up to 60 cm by 70 cm only"
NON_GLARE_SHORT = 60
# cm; source.md:33 "Non-glare glass is cut for frames up to 60 cm by 70 cm only"
NON_GLARE_LONG = 70
# times the mount width; source.md:38 "twice the mount width to the frame's width and twice to its
# height"
MOUNT_SIDES = 2
# cm; source.md:39 "Mounts are cut from 2 cm to 5 cm wide"
MOUNT_MIN = 2
# cm; source.md:39 "Mounts are cut from 2 cm to 5 cm wide"
MOUNT_MAX = 5


def authenticate_user(state, *, email=None, name=None, zip_code=None):
    """Find the account of a customer by e-mail address, or by full name and postal code.

    Effect: read. Reads users.
    """
    # R2 (source.md:28): An account is found by e-mail address, or by full name together with postal code.
    require(email is not None or (name is not None and zip_code is not None), 'R2')
    for user in state.users.values():
        by_email = email is not None and user['email'].lower() == email.strip().lower()
        by_name = name is not None and user['name'].lower() == name.strip().lower() and user['zip_code'] == zip_code
        if by_email or by_name:
            return {'user_id': user['user_id'], 'status': 'success', 'message': 'The account was found.'}
    fail('No account matches.')


def get_user_profile(state, *, user_id):
    """Open a customer's profile with earlier orders.

    Effect: read. Reads users, orders.
    """
    require(user_id in state.users, 'No such account.')
    user = state.users[user_id]
    orders = [order for order in state.orders.values() if order['user_id'] == user_id]
    return {**user, 'orders': sorted(orders, key=lambda order: order['order_id'])}


def calculate_frame_size(state, *, photo_width, photo_height, with_mount, mount_width=None):
    """Work out the size of the frame from the size of the photo and the mount, in cm.

    Effect: read.
    """
    if not with_mount:
        return {'frame_width': photo_width, 'frame_height': photo_height, 'message': 'Without a mount.'}
    # R5 (source.md:39): The width of the mount must be given when a mount is wanted.
    require(mount_width is not None, 'R5')
    # R4 (source.md:39): A mount is 2 cm to 5 cm wide.
    require(MOUNT_MIN <= mount_width <= MOUNT_MAX, 'R4')
    added = MOUNT_SIDES * mount_width
    return {
        'frame_width': photo_width + added,
        'frame_height': photo_height + added,
        'message': f'With a mount of {mount_width} cm on every side.',
    }


def check_size_constraints(state, *, frame_width, frame_height, glass_type):
    """Tell whether the chosen glass can cover a frame of this size.

    Effect: read.
    """
    short, long = sorted([frame_width, frame_height])
    limit_short, limit_long = NON_GLARE_SHORT, NON_GLARE_LONG
    if glass_type == 'plain':
        limit_short, limit_long = PLAIN_SHORT, PLAIN_LONG
    if short <= limit_short and long <= limit_long:
        return {'status': 'success', 'message': f'{glass_type} glass covers {frame_width} x {frame_height} cm.'}
    reason = f'{glass_type} glass ends at {limit_short} x {limit_long} cm.'
    return {'status': 'error', 'message': reason}


def get_glass_options(state, *, frame_width, frame_height):
    """List the kinds of glass and whether each can cover a frame of this size.

    Effect: read. Reads glass_prices.
    """
    short, long = sorted([frame_width, frame_height])
    limits = {'plain': (PLAIN_SHORT, PLAIN_LONG), 'non-glare': (NON_GLARE_SHORT, NON_GLARE_LONG)}
    options = []
    for glass_type, (limit_short, limit_long) in limits.items():
        fits = short <= limit_short and long <= limit_long
        price = state.glass_prices[glass_type]['price_usd']
        options.append({'glass_type': glass_type, 'available': fits, 'price_usd': price})
    return {'options': options}


def get_custom_pricing(state, *, frame_width, frame_height, glass_type, with_mount=False, mount_width=None):
    """Quote the price of a frame from the price list, in US dollars.

    Effect: read. Reads frame_prices, glass_prices, mount_prices.
    """
    def band(rows, field, size):
        fitting = [row for row in rows if size <= row[field]]
        require(len(fitting) > 0, 'The price list ends below this size.')
        return min(fitting, key=lambda row: row[field])['price_usd']

    longest = max(frame_width, frame_height)
    base = band(state.frame_prices.values(), 'longest_side_cm', longest)
    glass = state.glass_prices[glass_type]['price_usd']
    mount = 0
    if with_mount:
        # R5 (source.md:39): The width of the mount must be given when a mount is wanted.
        require(mount_width is not None, 'R5')
        # R4 (source.md:39): A mount is 2 cm to 5 cm wide.
        require(MOUNT_MIN <= mount_width <= MOUNT_MAX, 'R4')
        mount = band(state.mount_prices.values(), 'width_cm', mount_width)
    glass_name = 'non_glare_glass' if glass_type == 'non-glare' else 'plain_glass'
    return {
        'base_price': base,
        'glass_upgrade': glass,
        'mount_cost': mount,
        'total': base + glass + mount,
        'currency': 'USD',
        'breakdown': {'frame': base, glass_name: glass, 'mount': mount},
    }


def place_custom_order(state, *, user_id, frame_width, frame_height, glass_type, with_mount=False, mount_width=None, frame_style, remarks=None):
    """Place an order for a frame. It cannot be taken back: place it only after the customer's clear yes.

    Effect: write. Reads users. Writes orders.
    """
    # R1 (source.md:28): The customer's account must be found before any personal service and before any
    # order.
    require(user_id in state.users, 'R1')
    short, long = sorted([frame_width, frame_height])
    if glass_type == 'plain':
        # R3 (source.md:51): A frame must not be larger than its glass is cut: 100 cm by 150 cm for plain, 60
        # cm by 70 cm for non-glare glass.
        require(short <= PLAIN_SHORT and long <= PLAIN_LONG, 'R3')
    else:
        # R3 (source.md:51): A frame must not be larger than its glass is cut: 100 cm by 150 cm for plain, 60
        # cm by 70 cm for non-glare glass.
        require(short <= NON_GLARE_SHORT and long <= NON_GLARE_LONG, 'R3')
    if with_mount:
        # R5 (source.md:39): The width of the mount must be given when a mount is wanted.
        require(mount_width is not None, 'R5')
        # R4 (source.md:39): A mount is 2 cm to 5 cm wide.
        require(MOUNT_MIN <= mount_width <= MOUNT_MAX, 'R4')
    order_id = new_id('orders')
    state.orders[order_id] = {
        'order_id': order_id,
        'user_id': user_id,
        'frame_width': frame_width,
        'frame_height': frame_height,
        'glass_type': glass_type,
        'mount_width': mount_width if with_mount else None,
        'frame_style': frame_style,
        'remarks': remarks,
        'status': 'confirmed',
    }
    return {
        'order_id': order_id,
        'status': 'confirmed',
        'estimated_delivery': unspecified('no date can be promised from the sheet'),
        'message': 'The order was placed.',
    }


def get_order_status(state, *, order_id):
    """Tell how far an order has come.

    Effect: read. Reads orders.
    """
    require(order_id in state.orders, 'No such order.')
    return {'order_id': order_id, 'status': state.orders[order_id]['status']}
