-- Chance, from MD5: the same seed gives the same people on every machine and with every
-- version of DuckDB, whatever the order in which rows are made.

-- a number from 0 to 1, as good as independent for every pair of id and topic
create or replace temp macro draw(id, topic) as (
    cast(md5_number_lower(concat('{seed}:', topic, ':', id)) >> 11 as double)
    / 9007199254740992.0
);

-- one of a list
create or replace temp macro pick(choices, id, topic) as (
    choices[1 + cast(floor(draw(id, topic) * len(choices)) as integer)]
);

-- the last moment that the demo knows of
create or replace temp macro until() as timestamp '{until} 12:00:00';

-- a moment between two others, to the second
create or replace temp macro moment(earliest, latest, id, topic) as (
    earliest + to_seconds(cast(
        floor(draw(id, topic) * greatest(epoch(latest) - epoch(earliest), 0)) as bigint
    ))
);

create or replace temp macro iso_date(moment) as strftime(moment, '%Y-%m-%d');

create or replace temp macro iso_utc(moment) as strftime(moment, '%Y-%m-%dT%H:%M:%SZ');

-- as a site in the Netherlands writes it: with the offset of summer or winter
create or replace temp macro iso_local(moment) as (
    case
        when month(moment) between 4 and 9
            then strftime(moment + interval 2 hour, '%Y-%m-%dT%H:%M:%S+02:00')
        else strftime(moment + interval 1 hour, '%Y-%m-%dT%H:%M:%S+01:00')
    end
);
