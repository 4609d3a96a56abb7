"""The words of the field and their validation; no I/O.

area (gebied)         where patients live: a gemeente, or a part of one that has several acute sites
location (locatie)    a hospital site; belongs to one organisation
care profile          a kind of care with one pathway, such as ``oesophagus``
offer (aanbod)        a location provides a profile
pool                  capacity at a location: ``ward:surgical``, ``ic:adult``, ``day``, ``or``, ``proc``, ``adm``,
                      ``clinic:<specialty>``
scenario              the baseline and an ordered list of actions
transformation plan   a scenario whose actions have dates and responsible parties
run                   one scenario simulated with R replications
comparison            a scenario against the baseline on the same patients
impact analysis       the indicator tables of a comparison with uncertainty
"""
