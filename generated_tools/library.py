# Written by `gem-sim compile library` from environments/library: do not edit, change environment.json.
# environment sha256:bf6f870f0006a25ffad31f5bd9b89a4fc452663065abb5950d9b5be9e34db903
# search_catalogue sha256:eb6c72d58c2f29a58212e34a43345552130596ab9584c07add5aeff53e676355
# get_title sha256:eacf79c61bc320d0b7a8ef233e0f3594d57c9c9565cce64fce058a0fd78396a3
# list_events sha256:ba41ed10dee2eb78cdf84040da81931993ed636f60465f3cbd86fff8babf1634
# find_member sha256:da1212036950161309715a34846045e7e660e265f19ed4a95533fa1c652b97f1
# list_loans sha256:29271c4768ebacce38ce4a73f2cd0ccccab4e3e9e0ecb9248344e65d6dbd713a
# list_holds sha256:c0aa41671ac71e89c899f913a68852d3135c0badf5d4a8130fcd0c3c15865152
# list_charges sha256:9fbd8f7ee9fcc3dd576e92e6624b277025e9ad4fadf550c6b0c3aa0931ef673c
# borrow_copy sha256:92322aecc8b7fd64e7f5691381a9b05d37c3e77381f7603e5686ef2014a13311
# return_copy sha256:8e11b823e24c2c8f530f679c160136ed48ecc887e3e8022b33bac0cf4e318088
# renew_loan sha256:5ad4e93ab71a42f67302347660704f2d423949300c7f413705f63ec75a178a77
# place_hold sha256:9c9b349835304fa0e48778adfc8d39d7c455c9e9931cd92da47bf0dd4cbc5bd1
# cancel_hold sha256:09da65f3cf66fa6c480ae23afa8aad07d867ad01435c3bbd25b91289a88e5358
# pay_charge sha256:388f6f448cbee03f473489bfc0d9126ad04c0e72b51eb072a65c80728d43bcbd
# waive_charge sha256:01a52f94ebe0476197dcd4f47ccb21f1c902f11099d746931cb1d70ce51f48ec
# request_interlibrary sha256:1a3824c5669d204c2b7d2a51aa5cbb95548288386730daa8389e48647c6214ed
# register_member sha256:c24b8886fd66833b971c8329dacea816c8864e6dc868fbd617c4ab9faa93cbf7
# update_contact sha256:e072059a82c5990e704b78b46348e56986a78c21221834bf5a7605808f4bf871
# renew_card sha256:451d03a21523a250709ef14ce6b376788e9ef0b71fdc5ccdf325778b817538b7
# sign_up_event sha256:76ef4277583ff45f0f3902f86cb50851c9bbe1e6d4c8840bb2a6a49668f7264f
#
# `state`, require, fail, new_id, now and unspecified are given to each call by the sandbox.

"""Loans in a town library."""

# days; source.md:64 "A book is lent for 21 days, an audiobook for 14 days and a film for 7 days"
LOAN_DAYS_BOOK = 21
# days; source.md:64 "A book is lent for 21 days, an audiobook for 14 days and a film for 7 days"
LOAN_DAYS_AUDIOBOOK = 14
# days; source.md:64 "A book is lent for 21 days, an audiobook for 14 days and a film for 7 days"
LOAN_DAYS_FILM = 7
# items; source.md:64 "An adult may have 8 items out at a time, a junior 4"
MAX_LOANS_ADULT = 8
# items; source.md:64 "An adult may have 8 items out at a time, a junior 4"
MAX_LOANS_JUNIOR = 4
# years; source.md:27 "Members under 16 are juniors"
JUNIOR_AGE = 16
# years; source.md:27 "an adult of at least 18 years who has a valid card here"
GUARANTOR_AGE = 18
# days; source.md:33 "A card is valid for 365 days"
CARD_DAYS = 365
# days; source.md:33 "It can be renewed from 30 days before its last day on"
CARD_EARLY_DAYS = 30
# titles; source.md:59 "shows 10 titles at most"
SEARCH_LIMIT = 10
# cents; source.md:74 "As soon as open charges reach 500 cents"
BLOCK_CENTS = 500
# days; source.md:84 "A delay of up to 2 days costs nothing"
GRACE_DAYS = 2
# cents a day; source.md:85 "20 cents a day for adults, 5 cents a day for juniors, and 600 cents at
# most for one item"
LATE_CENTS_ADULT = 20
# cents a day; source.md:85 "20 cents a day for adults, 5 cents a day for juniors, and 600 cents at
# most for one item"
LATE_CENTS_JUNIOR = 5
# cents; source.md:85 "20 cents a day for adults, 5 cents a day for juniors, and 600 cents at most
# for one item"
LATE_CENTS_MOST = 600
# renewals; source.md:93 "A loan is renewed at most 2 times"
MAX_RENEWALS = 2
# titles; source.md:102 "A member may have 3 titles reserved at a time"
MAX_HOLDS = 3
# days; source.md:106 "A ready copy is kept for 5 days"
HOLD_SHELF_DAYS = 5
# cents; source.md:122 "A duty librarian may waive up to 300 cents"
WAIVE_MOST_CENTS = 300
# days; source.md:123 "For one member, one charge may be waived in 365 days"
WAIVE_PAUSE_DAYS = 365
# orders; source.md:128 "A member may have 2 orders under way at a time"
MAX_REQUESTS = 2
# cents; source.md:129 "An order costs 250 cents"
REQUEST_CENTS = 250


def search_catalogue(state, *, text, kind=None, on_shelf=False):
    """Search the catalogue for words in title, author and subject; every word must occur. Tells how many
    copies of each title are on the shelf.

    Effect: read. Reads titles, copies.
    """
    words = text.lower().split()
    on_the_shelf = [copy['title_id'] for copy in state.copies.values() if copy['status'] == 'available']
    found = []
    for row in state.titles.values():
        described = f"{row['title']} {row['author']} {row['subject']}".lower()
        fits = all(word in described for word in words) and kind in (None, row['kind'])
        free = on_the_shelf.count(row['title_id'])
        if fits and (free or not on_shelf):
            fields = ('title_id', 'title', 'author', 'year', 'kind', 'subject')
            found.append({**{field: row[field] for field in fields}, 'copies_on_shelf': free})
    found = sorted(found, key=lambda row: (row['title'], row['title_id']))
    return {'count': len(found), 'titles': found[:SEARCH_LIMIT]}


def get_title(state, *, title_id):
    """Look at one title: its copies with shelf mark and status, the age on a film's box, and how many
    members wait for it.

    Effect: read. Reads titles, copies, holds.
    """
    require(title_id in state.titles, 'There is no such title.')
    copies = [copy for copy in state.copies.values() if copy['title_id'] == title_id]
    waiting = [hold for hold in state.holds.values() if hold['title_id'] == title_id and hold['status'] == 'waiting']
    listed = [{'copy_id': copy['copy_id'], 'shelf': copy['shelf'], 'status': copy['status']} for copy in copies]
    return {**state.titles[title_id], 'waiting': len(waiting), 'copies': listed}


def list_events(state, *, from_date=None, age=None):
    """List the events from a day on, with the places left, earliest first.

    Effect: read. Reads events, signups.
    """
    first = from_date or now()[:10]
    taken = [signup['event_id'] for signup in state.signups.values()]
    found = []
    for event in state.events.values():
        youngest, oldest = event['min_age'], event['max_age'] or 150
        if event['date'] >= first and (age is None or youngest <= age <= oldest):
            fields = ('event_id', 'title', 'date', 'starts_at', 'room', 'min_age', 'max_age')
            left = event['places'] - taken.count(event['event_id'])
            found.append({**{field: event[field] for field in fields}, 'places_left': left})
    return {'count': len(found), 'events': sorted(found, key=lambda event: (event['date'], event['event_id']))}


def find_member(state, *, card_number=None, name=None, birth_date=None):
    """Find a member by card number, or by full name and date of birth.

    Effect: read. Reads members.
    """
    import datetime

    # R2 (source.md:45): A member is found by card number, or by full name together with date of birth.
    require(card_number is not None or (name is not None and birth_date is not None), 'R2')
    today = datetime.date.fromisoformat(now()[:10])
    for member in state.members.values():
        by_card = card_number is not None and member['card_number'] == card_number.strip().upper()
        by_name = name is not None and (member['name'].lower(), member['birth_date']) == (name.strip().lower(), birth_date)
        if by_card or by_name:
            born = datetime.date.fromisoformat(member['birth_date'])
            age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
            expired = member['valid_until'] < today.isoformat()
            fields = ('member_id', 'card_number', 'name', 'email', 'phone', 'valid_until')
            known = {field: member[field] for field in fields}
            return {**known, 'age': age, 'junior': age < JUNIOR_AGE, 'expired': expired}
    fail('No member matches.')


def list_loans(state, *, member_id):
    """List what a member has out, with due dates.

    Effect: read. Reads members, loans, copies, titles.
    """
    import datetime

    require(member_id in state.members, 'There is no such member.')
    today = datetime.date.fromisoformat(now()[:10])
    listed = []
    for loan in state.loans.values():
        if loan['member_id'] == member_id and loan['returned_on'] is None:
            title = state.titles[state.copies[loan['copy_id']]['title_id']]
            late = (today - datetime.date.fromisoformat(loan['due_on'])).days
            own = {field: loan[field] for field in ('loan_id', 'copy_id', 'due_on', 'renewals')}
            about = {field: title[field] for field in ('title_id', 'title', 'kind')}
            listed.append({**own, **about, 'days_late': max(0, late)})
    listed = sorted(listed, key=lambda loan: (loan['due_on'], loan['title']))
    return {'member_id': member_id, 'count': len(listed), 'loans': listed}


def list_holds(state, *, member_id):
    """List a member's reservations: those that wait, with the place in the queue, and those that lie
    ready.

    Effect: read. Reads members, holds, titles.
    """
    require(member_id in state.members, 'There is no such member.')
    queue = sorted(state.holds.values(), key=lambda hold: hold['placed_on'])
    listed = []
    for hold in queue:
        if hold['member_id'] == member_id and hold['status'] in ('waiting', 'ready'):
            same = [other for other in queue if other['title_id'] == hold['title_id']]
            waiting = [other['hold_id'] for other in same if other['status'] == 'waiting']
            place = waiting.index(hold['hold_id']) + 1 if hold['hold_id'] in waiting else None
            fields = ('hold_id', 'title_id', 'status', 'copy_id', 'ready_until')
            about = {'title': state.titles[hold['title_id']]['title'], 'place': place}
            listed.append({**{field: hold[field] for field in fields}, **about})
    return {'member_id': member_id, 'count': len(listed), 'holds': listed}


def list_charges(state, *, member_id):
    """List a member's open charges, in cents.

    Effect: read. Reads members, charges.
    """
    require(member_id in state.members, 'There is no such member.')
    charges = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    fields = ('charge_id', 'kind', 'about', 'amount_cents', 'charged_on')
    listed = [{field: row[field] for field in fields} for row in sorted(charges, key=lambda row: row['charged_on'])]
    total = sum(row['amount_cents'] for row in charges)
    return {'member_id': member_id, 'count': len(listed), 'total_cents': total, 'charges': listed}


def borrow_copy(state, *, member_id, copy_id):
    """Lend a copy to a member.

    Effect: write. Reads members, copies, titles, loans, holds, charges, closing_days. Writes loans, copies, holds.
    """
    import datetime

    require(member_id in state.members, 'There is no such member.')
    require(copy_id in state.copies, 'There is no such copy.')
    member, copy = state.members[member_id], state.copies[copy_id]
    title = state.titles[copy['title_id']]
    today = datetime.date.fromisoformat(now()[:10])
    # R7 (source.md:35): With an expired card nothing is lent, renewed, reserved or ordered.
    require(member['valid_until'] >= today.isoformat(), 'R7')
    charges = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    # R6 (source.md:74): From 500 cents of open charges on, nothing is lent, renewed, reserved or ordered.
    require(sum(row['amount_cents'] for row in charges) < BLOCK_CENTS, 'R6')
    # R4 (source.md:57): Reference copies are neither lent nor reserved.
    require(copy['status'] != 'reference', 'R4')
    require(copy['status'] in ('available', 'on hold shelf'), f"The copy is {copy['status']}.")
    born = datetime.date.fromisoformat(member['birth_date'])
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    # R17 (source.md:68): A film marked 12, 16 or 18 is lent only to members who have reached that age.
    require(age >= title['min_age'], 'R17')
    out = [loan for loan in state.loans.values() if loan['member_id'] == member_id and loan['returned_on'] is None]
    # R3 (source.md:64): An adult may have 8 items out at a time, a junior 4.
    require(len(out) < (MAX_LOANS_JUNIOR if age < JUNIOR_AGE else MAX_LOANS_ADULT), 'R3')
    # R5 (source.md:65): Nobody has two copies of the same title out at the same time.
    require(title['title_id'] not in [state.copies[loan['copy_id']]['title_id'] for loan in out], 'R5')
    for hold in state.holds.values():
        if hold['status'] == 'ready' and hold['copy_id'] == copy_id:
            # R8 (source.md:71): A copy on the hold shelf is handed only to the member for whom it is kept.
            require(hold['member_id'] == member_id, 'R8')
            hold['status'] = 'collected'
    periods = {'book': LOAN_DAYS_BOOK, 'audiobook': LOAN_DAYS_AUDIOBOOK, 'film': LOAN_DAYS_FILM}
    due = today + datetime.timedelta(days=periods[title['kind']])
    while due.isoweekday() == 7 or due.isoformat() in state.closing_days:
        due += datetime.timedelta(days=1)
    loan_id = new_id('loans')
    state.loans[loan_id] = {
        'loan_id': loan_id,
        'copy_id': copy_id,
        'member_id': member_id,
        'lent_on': today.isoformat(),
        'due_on': due.isoformat(),
        'renewals': 0,
        'returned_on': None,
    }
    copy['status'] = 'on loan'
    about = {'title': title['title'], 'kind': title['kind'], 'due_on': due.isoformat()}
    return {'loan_id': loan_id, 'copy_id': copy_id, **about, 'items_out': len(out) + 1}


def return_copy(state, *, copy_id):
    """Check in a copy that was on loan. Charges a late return, and keeps the copy on the hold shelf if
    somebody waits for the title.

    Effect: write. Reads loans, members, copies, titles, holds, closing_days. Writes loans, copies, holds, charges.
    """
    import datetime

    require(copy_id in state.copies, 'There is no such copy.')
    out = [loan for loan in state.loans.values() if loan['copy_id'] == copy_id and loan['returned_on'] is None]
    require(len(out) > 0, 'The copy is not on loan.')
    loan, copy = out[0], state.copies[copy_id]
    member, title = state.members[loan['member_id']], state.titles[copy['title_id']]
    today = datetime.date.fromisoformat(now()[:10])
    loan['returned_on'] = today.isoformat()
    days_late = max(0, (today - datetime.date.fromisoformat(loan['due_on'])).days)
    charge_id, cents = None, 0
    if days_late > GRACE_DAYS:
        born = datetime.date.fromisoformat(member['birth_date'])
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        rate = LATE_CENTS_JUNIOR if age < JUNIOR_AGE else LATE_CENTS_ADULT
        charge_id, cents = new_id('charges'), min(days_late * rate, LATE_CENTS_MOST)
        state.charges[charge_id] = {
            'charge_id': charge_id,
            'member_id': loan['member_id'],
            'loan_id': loan['loan_id'],
            'kind': 'late',
            'about': title['title'],
            'amount_cents': cents,
            'charged_on': today.isoformat(),
            'status': 'open',
            'settled_on': None,
            'waived_by': None,
        }
    waiting = [hold for hold in state.holds.values() if hold['title_id'] == title['title_id'] and hold['status'] == 'waiting']
    copy['status'] = 'available'
    if waiting:
        until = today + datetime.timedelta(days=HOLD_SHELF_DAYS)
        while until.isoweekday() == 7 or until.isoformat() in state.closing_days:
            until += datetime.timedelta(days=1)
        min(waiting, key=lambda hold: hold['placed_on']).update(status='ready', copy_id=copy_id, ready_until=until.isoformat())
        copy['status'] = 'on hold shelf'
    charged = {'days_late': days_late, 'charge_id': charge_id, 'charge_cents': cents}
    goes_to = 'hold shelf' if waiting else 'shelf'
    return {'loan_id': loan['loan_id'], 'copy_id': copy_id, 'title': title['title'], **charged, 'goes_to': goes_to}


def renew_loan(state, *, loan_id):
    """Renew a loan, counted from today.

    Effect: write. Reads loans, members, copies, titles, holds, charges, closing_days. Writes loans.
    """
    import datetime

    require(loan_id in state.loans, 'There is no such loan.')
    loan = state.loans[loan_id]
    require(loan['returned_on'] is None, 'The copy has come back already.')
    member_id = loan['member_id']
    title = state.titles[state.copies[loan['copy_id']]['title_id']]
    today = datetime.date.fromisoformat(now()[:10])
    # R7 (source.md:35): With an expired card nothing is lent, renewed, reserved or ordered.
    require(state.members[member_id]['valid_until'] >= today.isoformat(), 'R7')
    charges = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    # R6 (source.md:74): From 500 cents of open charges on, nothing is lent, renewed, reserved or ordered.
    require(sum(row['amount_cents'] for row in charges) < BLOCK_CENTS, 'R6')
    # R12 (source.md:96): Films are not renewed.
    require(title['kind'] != 'film', 'R12')
    # R11 (source.md:95): An overdue loan is not renewed.
    require(loan['due_on'] >= today.isoformat(), 'R11')
    # R9 (source.md:93): A loan is renewed at most 2 times.
    require(loan['renewals'] < MAX_RENEWALS, 'R9')
    queue = [hold for hold in state.holds.values() if hold['title_id'] == title['title_id'] and hold['status'] == 'waiting']
    # R10 (source.md:94): A loan is not renewed while another member waits for the title.
    require(len(queue) == 0, 'R10')
    due = today + datetime.timedelta(days=LOAN_DAYS_BOOK if title['kind'] == 'book' else LOAN_DAYS_AUDIOBOOK)
    while due.isoweekday() == 7 or due.isoformat() in state.closing_days:
        due += datetime.timedelta(days=1)
    loan['due_on'] = max(loan['due_on'], due.isoformat())
    loan['renewals'] += 1
    return {'loan_id': loan_id, 'title': title['title'], 'due_on': loan['due_on'], 'renewals': loan['renewals']}


def place_hold(state, *, member_id, title_id):
    """Reserve a title for a member.

    Effect: write. Reads members, titles, copies, loans, holds, charges. Writes holds.
    """
    require(member_id in state.members, 'There is no such member.')
    require(title_id in state.titles, 'There is no such title.')
    today = now()[:10]
    # R7 (source.md:35): With an expired card nothing is lent, renewed, reserved or ordered.
    require(state.members[member_id]['valid_until'] >= today, 'R7')
    charges = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    # R6 (source.md:74): From 500 cents of open charges on, nothing is lent, renewed, reserved or ordered.
    require(sum(row['amount_cents'] for row in charges) < BLOCK_CENTS, 'R6')
    copies = [copy for copy in state.copies.values() if copy['title_id'] == title_id]
    # R4 (source.md:57): Reference copies are neither lent nor reserved.
    require(not all(copy['status'] == 'reference' for copy in copies), 'R4')
    # R16 (source.md:103): A title is reserved only while none of its copies is on the shelf.
    require(not any(copy['status'] == 'available' for copy in copies), 'R16')
    pending = [hold for hold in state.holds.values() if hold['status'] in ('waiting', 'ready')]
    reserved = [hold['title_id'] for hold in pending if hold['member_id'] == member_id]
    out = [loan['copy_id'] for loan in state.loans.values() if loan['member_id'] == member_id and loan['returned_on'] is None]
    # R15 (source.md:103): Nobody reserves the same title twice, nor a title that they have out.
    require(title_id not in reserved and not any(copy['copy_id'] in out for copy in copies), 'R15')
    # R14 (source.md:102): A member may have 3 titles reserved at a time.
    require(len(reserved) < MAX_HOLDS, 'R14')
    queue = [hold for hold in pending if hold['title_id'] == title_id and hold['status'] == 'waiting']
    hold_id = new_id('holds')
    state.holds[hold_id] = {
        'hold_id': hold_id,
        'title_id': title_id,
        'member_id': member_id,
        'placed_on': today,
        'status': 'waiting',
        'copy_id': None,
        'ready_until': None,
    }
    about = {'title_id': title_id, 'title': state.titles[title_id]['title']}
    return {'hold_id': hold_id, **about, 'status': 'waiting', 'place': len(queue) + 1}


def cancel_hold(state, *, hold_id):
    """Give up a reservation; a ready copy passes to the next member or goes back to its shelf. It cannot
    be taken back: do it only after a clear yes.

    Effect: write. Reads holds, titles, copies, closing_days. Writes holds, copies.
    """
    import datetime

    require(hold_id in state.holds, 'There is no such reservation.')
    hold = state.holds[hold_id]
    require(hold['status'] in ('waiting', 'ready'), f"The reservation is {hold['status']} already.")
    title_id, goes_to = hold['title_id'], None
    if hold['status'] == 'ready':
        copy, goes_to = state.copies[hold['copy_id']], 'shelf'
        copy['status'] = 'available'
        waiting = [other for other in state.holds.values() if other['title_id'] == title_id and other['status'] == 'waiting']
        if waiting:
            until = datetime.date.fromisoformat(now()[:10]) + datetime.timedelta(days=HOLD_SHELF_DAYS)
            while until.isoweekday() == 7 or until.isoformat() in state.closing_days:
                until += datetime.timedelta(days=1)
            first = min(waiting, key=lambda other: other['placed_on'])
            first.update(status='ready', copy_id=hold['copy_id'], ready_until=until.isoformat())
            copy['status'], goes_to = 'on hold shelf', 'hold shelf'
    hold.update(status='cancelled', copy_id=None, ready_until=None)
    return {'hold_id': hold_id, 'title': state.titles[title_id]['title'], 'status': 'cancelled', 'copy_goes_to': goes_to}


def pay_charge(state, *, charge_id, amount_cents):
    """Take the payment of one charge. It cannot be taken back: do it only after a clear yes.

    Effect: write. Reads charges. Writes charges.
    """
    require(charge_id in state.charges, 'There is no such charge.')
    charge = state.charges[charge_id]
    require(charge['status'] == 'open', f"The charge is {charge['status']} already.")
    # R23 (source.md:113): A charge is paid in one sum, by itself.
    require(amount_cents == charge['amount_cents'], 'R23')
    charge.update(status='paid', settled_on=now()[:10])
    others = [row for row in state.charges.values() if row['member_id'] == charge['member_id'] and row['status'] == 'open']
    left = sum(row['amount_cents'] for row in others)
    return {'charge_id': charge_id, 'status': 'paid', 'paid_cents': amount_cents, 'still_open_cents': left}


def waive_charge(state, *, charge_id, reason, authorisation_code):
    """Waive one charge with a librarian's code. It cannot be taken back: do it only after a clear yes.

    Effect: write. Reads charges, staff. Writes charges.
    """
    import datetime

    require(charge_id in state.charges, 'There is no such charge.')
    charge = state.charges[charge_id]
    require(charge['status'] == 'open', f"The charge is {charge['status']} already.")
    librarians = [person for person in state.staff.values() if person['code'] == authorisation_code]
    # R24 (source.md:121): A waiver needs the personal code of a librarian.
    require(len(librarians) == 1, 'R24')
    role = librarians[0]['role']
    # R25 (source.md:122): A duty librarian may waive up to 300 cents; more only the head librarian.
    require(role == 'head librarian' or charge['amount_cents'] <= WAIVE_MOST_CENTS, 'R25')
    member_id = charge['member_id']
    today = datetime.date.fromisoformat(now()[:10])
    since = (today - datetime.timedelta(days=WAIVE_PAUSE_DAYS)).isoformat()
    waived = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'waived']
    # R26 (source.md:123): For one member, one charge may be waived in 365 days.
    require(not any(row['settled_on'] > since for row in waived), 'R26')
    charge.update(status='waived', settled_on=today.isoformat(), waived_by=librarians[0]['staff_id'])
    others = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    left = sum(row['amount_cents'] for row in others)
    return {'charge_id': charge_id, 'status': 'waived', 'waived_cents': charge['amount_cents'], 'still_open_cents': left}


def request_interlibrary(state, *, member_id, title, author):
    """Order a title from another library of the county; the fee is charged to the account. It cannot be
    taken back: do it only after a clear yes.

    Effect: write. Reads members, titles, requests, charges. Writes requests, charges.
    """
    require(member_id in state.members, 'There is no such member.')
    today = now()[:10]
    # R7 (source.md:35): With an expired card nothing is lent, renewed, reserved or ordered.
    require(state.members[member_id]['valid_until'] >= today, 'R7')
    charges = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    # R6 (source.md:74): From 500 cents of open charges on, nothing is lent, renewed, reserved or ordered.
    require(sum(row['amount_cents'] for row in charges) < BLOCK_CENTS, 'R6')
    # R29 (source.md:127): A title that stands in our own catalogue is not ordered elsewhere.
    require(title.strip().lower() not in [row['title'].lower() for row in state.titles.values()], 'R29')
    orders = [row for row in state.requests.values() if row['member_id'] == member_id and row['status'] != 'closed']
    # R30 (source.md:128): A member may have 2 orders under way at a time.
    require(len(orders) < MAX_REQUESTS, 'R30')
    request_id, charge_id = new_id('requests'), new_id('charges')
    state.requests[request_id] = {
        'request_id': request_id,
        'member_id': member_id,
        'title': title,
        'author': author,
        'requested_on': today,
        'status': 'ordered',
    }
    state.charges[charge_id] = {
        'charge_id': charge_id,
        'member_id': member_id,
        'loan_id': None,
        'kind': 'interlibrary',
        'about': title,
        'amount_cents': REQUEST_CENTS,
        'charged_on': today,
        'status': 'open',
        'settled_on': None,
        'waived_by': None,
    }
    return {'request_id': request_id, 'status': 'ordered', 'charge_id': charge_id, 'fee_cents': REQUEST_CENTS}


def register_member(state, *, name, birth_date, email, phone=None, guarantor_member_id=None):
    """Make a card for a new member. It cannot be taken back: do it only after a clear yes.

    Effect: write. Reads members. Writes members.
    """
    import datetime

    today = datetime.date.fromisoformat(now()[:10])

    def age_of(date):
        try:
            born = datetime.date.fromisoformat(date)
        except ValueError:
            fail('The date of birth is not a date.')
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    age = age_of(birth_date)
    require(age >= 0, 'The date of birth lies ahead.')
    known = [(row['name'].lower(), row['birth_date']) for row in state.members.values()]
    # R18 (source.md:24): Nobody has two cards.
    require((name.strip().lower(), birth_date) not in known, 'R18')
    if age < JUNIOR_AGE:
        # R19 (source.md:27): A junior gets a card only with a guarantor of at least 18 years who has a valid
        # card.
        require(guarantor_member_id in state.members, 'R19')
        guarantor = state.members[guarantor_member_id]
        # R19 (source.md:27): A junior gets a card only with a guarantor of at least 18 years who has a valid
        # card.
        require(age_of(guarantor['birth_date']) >= GUARANTOR_AGE, 'R19')
        # R19 (source.md:27): A junior gets a card only with a guarantor of at least 18 years who has a valid
        # card.
        require(guarantor['valid_until'] >= today.isoformat(), 'R19')
    member_id = new_id('members')
    number = max((int(row['card_number'].split('-')[1]) for row in state.members.values()), default=40000) + 1
    valid_until = (today + datetime.timedelta(days=CARD_DAYS)).isoformat()
    state.members[member_id] = {
        'member_id': member_id,
        'card_number': f'AL-{number}',
        'name': name.strip(),
        'birth_date': birth_date,
        'email': email,
        'phone': phone,
        'joined_on': today.isoformat(),
        'valid_until': valid_until,
        'guarantor_id': guarantor_member_id if age < JUNIOR_AGE else None,
    }
    about = {'card_number': f'AL-{number}', 'name': name.strip(), 'junior': age < JUNIOR_AGE}
    return {'member_id': member_id, **about, 'valid_until': valid_until}


def update_contact(state, *, member_id, email=None, phone=None):
    """Change a member's e-mail address, telephone number, or both.

    Effect: write. Reads members. Writes members.
    """
    require(member_id in state.members, 'There is no such member.')
    require(email is not None or phone is not None, 'Neither an e-mail address nor a telephone number was given.')
    member = state.members[member_id]
    member['email'] = email or member['email']
    member['phone'] = phone or member['phone']
    return {'member_id': member_id, 'email': member['email'], 'phone': member['phone']}


def renew_card(state, *, member_id):
    """Renew a member's card.

    Effect: write. Reads members, charges. Writes members.
    """
    import datetime

    require(member_id in state.members, 'There is no such member.')
    member = state.members[member_id]
    today = datetime.date.fromisoformat(now()[:10])
    last_day = datetime.date.fromisoformat(member['valid_until'])
    # R20 (source.md:33): A card is renewed from 30 days before its last day on.
    require(today >= last_day - datetime.timedelta(days=CARD_EARLY_DAYS), 'R20')
    charges = [row for row in state.charges.values() if row['member_id'] == member_id and row['status'] == 'open']
    # R21 (source.md:34): A card is renewed only when nothing is owed on the account.
    require(len(charges) == 0, 'R21')
    member['valid_until'] = (max(last_day, today) + datetime.timedelta(days=CARD_DAYS)).isoformat()
    return {'member_id': member_id, 'valid_until': member['valid_until']}


def sign_up_event(state, *, member_id, event_id):
    """Sign a member up for an event.

    Effect: write. Reads members, events, signups. Writes signups.
    """
    import datetime

    require(member_id in state.members, 'There is no such member.')
    require(event_id in state.events, 'There is no such event.')
    event = state.events[event_id]
    today = datetime.date.fromisoformat(now()[:10])
    require(event['date'] >= today.isoformat(), 'The event is over.')
    born = datetime.date.fromisoformat(state.members[member_id]['birth_date'])
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    # R33 (source.md:135): An event for a certain age takes nobody younger or older.
    require(event['min_age'] <= age <= (event['max_age'] or 150), 'R33')
    taken = [signup['member_id'] for signup in state.signups.values() if signup['event_id'] == event_id]
    # R32 (source.md:135): A member takes one place at an event.
    require(member_id not in taken, 'R32')
    left = event['places'] - len(taken)
    # R31 (source.md:134): When the places of an event are taken, nobody more is signed up.
    require(left > 0, 'R31')
    signup_id = new_id('signups')
    state.signups[signup_id] = {
        'signup_id': signup_id,
        'event_id': event_id,
        'member_id': member_id,
        'signed_up_on': today.isoformat(),
    }
    about = {field: event[field] for field in ('event_id', 'title', 'date', 'starts_at', 'room')}
    return {'signup_id': signup_id, **about, 'places_left': left - 1}
