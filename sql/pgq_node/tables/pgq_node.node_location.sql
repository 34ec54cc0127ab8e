-- Every member of a cascaded queue that is known here. The names of constraints are what clients see in errors.
create table if not exists pgq_node.node_location (
    queue_name      text not null,
    node_name       text not null,
    node_location   text not null,                  -- connect string that other nodes use
    dead            boolean not null default false, -- lost; others do not wait for it

    constraint node_location_pkey primary key (queue_name, node_name)
);
